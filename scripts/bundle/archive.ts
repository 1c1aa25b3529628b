import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Transform } from 'node:stream';
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { FiredrillError, Interrupted } from '../system/errors.ts';

/**
 * Packs a folder into one file: gzip, which every computer can unpack, or zstd where the name ends in `.zst`.
 * @throws FiredrillError `command-failed` with what tar said; file system errors.
 */
export async function packArchive(parent: string, name: string, path: string, signal?: AbortSignal): Promise<void> {
  const compress = path.endsWith('.zst')
    ? // One thread: with ZSTD_c_nbWorkers, Node 24 ends the stream too early ("stream.push() after EOF").
      createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
    : createGzip({ level: 3 });
  const tar = spawn('tar', ['-cf', '-', '-C', parent, name], { stdio: ['ignore', 'pipe', 'pipe'] });
  await throughTar(tar.stderr, tar, () =>
    pipeline(tar.stdout, compress, createWriteStream(path), signal ? { signal } : {}),
  );
}

/** Unpacks some members (files or folders) of such a file into a folder. @throws FiredrillError `command-failed`. */
export async function extractArchive(
  path: string,
  into: string,
  members: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const expand = (await isZstd(path)) ? createZstdDecompress() : createGunzip();
  const tar = spawn('tar', ['-xf', '-', '-C', into, ...members], { stdio: ['pipe', 'ignore', 'pipe'] });
  await throughTar(tar.stderr, tar, () =>
    pipeline(createReadStream(path), expand as Transform, tar.stdin, signal ? { signal } : {}),
  );
}

async function throughTar(
  stderr: NodeJS.ReadableStream,
  tar: ReturnType<typeof spawn>,
  work: () => Promise<void>,
): Promise<void> {
  let said = '';
  stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = once(tar, 'close');
  let broken: unknown;
  try {
    await work();
  } catch (error) {
    // tar may stop reading at the archive's end, before the last padding has come: its exit code tells.
    if (!isEarlyEnd(error)) {
      broken = error;
      tar.kill();
    }
  }
  const [code] = (await ended) as [number | null];
  if (code === 0 && broken === undefined) return;
  if (broken instanceof Error && 'code' in broken && broken.code === 'ENOSPC') throw broken;
  if (broken instanceof Error && broken.name === 'AbortError') throw new Interrupted();
  throw new FiredrillError(`tar failed: ${said.trim().split('\n').at(-1) ?? ''}`, {
    code: 'command-failed',
    remedy: 'Is the file whole? Compare its size with the original, and copy it again.',
    cause: broken,
  });
}

const isEarlyEnd = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');

/** By its first four bytes (RFC 8878), whatever its name is. */
async function isZstd(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.readUInt32LE(0) === 0xfd2fb528;
  } finally {
    await file.close();
  }
}
