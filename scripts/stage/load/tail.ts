import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const chunkBytes = 256 * 1024;

/**
 * A file without a name: one process writes into it, this one reads what was added. A pipe would make the writer wait
 * whenever nobody has read for a moment; nothing does here. It is gone when both have closed it, however they end.
 */
export class Tail {
  /** For the writer, as its stdout. Valid until `close`. */
  readonly fd: number;
  private read = 0;

  /** @throws Error where no file can be made in the folder for temporary files. */
  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'firedrill-tail-'));
    try {
      this.fd = openSync(join(folder, 'output'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Hands over what was added since the last call, in pieces. */
  drain(take: (chunk: Buffer) => void): void {
    for (;;) {
      // A new one each time: `take` may keep a part of it.
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const length = readSync(this.fd, chunk, 0, chunk.length, this.read);
      if (length === 0) return;
      this.read += length;
      take(chunk.subarray(0, length));
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
