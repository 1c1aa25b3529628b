import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** Keys are typed with `input.write`; `raw` says whether the terminal gives single keys just now. */
export class FakeInput extends PassThrough {
  readonly isTTY = true;
  raw = false;

  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
}

export class FakeOutput extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  raw = '';

  constructor(columns = 80, rows = 24) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: string | Buffer, _encoding: string, written: () => void): void {
    this.raw += chunk.toString();
    written();
  }

  cursorTo = () => true;
  moveCursor = () => true;
  clearLine = () => true;

  /** All that was written, without escape codes. */
  get text(): string {
    return stripVTControlCharacters(this.raw);
  }
}
