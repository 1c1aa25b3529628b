/** An error that Redis answered with, such as `READONLY You can't write against a read only replica.` */
export class RedisError extends Error {}

export type Reply = string | number | null | RedisError | Reply[];

/** A command in RESP, the protocol of Redis (redis.io/docs/latest/develop/reference/protocol-spec). */
export function encodeCommand(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** Takes bytes as they come from the network, in pieces of any size, and gives back whole replies. */
export class ReplyParser {
  #bytes: Buffer = Buffer.alloc(0);

  /** @throws Error where the other side does not speak RESP. */
  push(chunk: Uint8Array): Reply[] {
    this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk]);
    const replies: Reply[] = [];
    let at = 0;
    for (;;) {
      const parsed = parseAt(this.#bytes, at);
      if (parsed === undefined) break;
      replies.push(parsed.reply);
      at = parsed.end;
    }
    this.#bytes = this.#bytes.subarray(at);
    return replies;
  }
}

type Parsed = { reply: Reply; end: number } | undefined;

/** One reply that starts at a byte, or undefined where it is not all there yet. */
function parseAt(bytes: Buffer, start: number): Parsed {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd === -1) return undefined;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes.toString('latin1', start, start + 1)) {
    case '+':
      return { reply: line, end };
    case '-':
      return { reply: new RedisError(line), end };
    case ':':
      return { reply: Number(line), end };
    case '$':
      return parseBulk(bytes, Number(line), end);
    case '*':
      return parseArray(bytes, Number(line), end);
    default:
      throw new Error('This is not Redis: its answer is not in RESP.');
  }
}

function parseBulk(bytes: Buffer, length: number, start: number): Parsed {
  if (length === -1) return { reply: null, end: start };
  const end = start + length;
  if (bytes.length < end + 2) return undefined;
  return { reply: bytes.toString('utf8', start, end), end: end + 2 };
}

function parseArray(bytes: Buffer, length: number, start: number): Parsed {
  if (length === -1) return { reply: null, end: start };
  const items: Reply[] = [];
  let at = start;
  for (let index = 0; index < length; index += 1) {
    const item = parseAt(bytes, at);
    if (item === undefined) return undefined;
    items.push(item.reply);
    at = item.end;
  }
  return { reply: items, end: at };
}
