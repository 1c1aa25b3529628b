/**
 * Steps through bytes in Go's encoding "gob" (https://pkg.go.dev/encoding/gob). A message is a length and so many bytes;
 * whoever reads it knows what comes next.
 */
export class GobCursor {
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;
  /** Where the message that is read now ends. */
  private end = 0;

  /** What comes next: the bytes that were left, and the new ones. */
  add(chunk: Buffer): void {
    const rest = this.bytes.subarray(this.end);
    this.bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.end = 0;
  }

  /** Goes to the beginning of the next message; false where it is not all there yet. */
  nextMessage(): boolean {
    this.at = this.end;
    const first = this.bytes[this.at];
    if (first === undefined) return false;
    const width = first < 0x80 ? 1 : 257 - first;
    if (this.at + width > this.bytes.length) return false;
    const length = this.unsigned();
    if (this.at + length > this.bytes.length) return false;
    this.end = this.at + length;
    return true;
  }

  /** What is left of the message, each byte a character. */
  restOfMessage(): string {
    return this.bytes.toString('latin1', this.at, this.end);
  }

  /** A text or a list of bytes, as UTF-8. */
  text(): string {
    const length = this.unsigned();
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** Steps over a text or a list of bytes. */
  skip(): void {
    const length = this.unsigned();
    this.at += length;
  }

  /** Below 128 a byte; else the number of bytes, negated, and then these, the highest first. */
  unsigned(): number {
    const first = this.bytes[this.at++] ?? 0;
    if (first < 0x80) return first;
    let value = 0;
    for (let left = 256 - first; left > 0; left -= 1) value = value * 256 + (this.bytes[this.at++] ?? 0);
    return value;
  }

  /** The sign is in the lowest bit. Exact up to 2^53. */
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Whether the next text is this one; steps over it. */
  textIs(expected: Buffer): boolean {
    const length = this.unsigned();
    this.at += length;
    return length === expected.length && expected.compare(this.bytes, this.at - length, this.at) === 0;
  }

  /** Unsigned number of four bytes at a place behind here, the highest first. */
  uint32(offset: number): number {
    return this.bytes.readUInt32BE(this.at + offset);
  }

  step(bytes: number): void {
    this.at += bytes;
  }
}
