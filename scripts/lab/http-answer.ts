export interface Answer {
  status: number;
  body: string;
}

/** An answer that is all there, and whether the server takes another request over the same connection. */
export interface WholeAnswer extends Answer {
  isKept: boolean;
}

/**
 * Reads the answer to an HTTP/1.1 request from the bytes that have come so far: RFC 9112, as Go's servers send it, with
 * its length or in chunks without trailers. Undefined while some are missing.
 * @throws where that is no such answer.
 */
export function readAnswer(bytes: Buffer): WholeAnswer | undefined {
  const endOfHead = bytes.indexOf('\r\n\r\n');
  if (endOfHead === -1) return undefined;
  const head = bytes.toString('latin1', 0, endOfHead);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
  if (status === undefined) throw new Error('the answer is not HTTP/1.1');
  const start = endOfHead + 4;
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
  const read =
    length === undefined
      ? chunks(bytes, start)
      : { body: bytes.subarray(start, start + Number(length)), end: start + Number(length) };
  if (read === undefined || read.end > bytes.length) return undefined;
  return {
    status: Number(status),
    body: read.body.toString('utf8'),
    isKept: read.end === bytes.length && !/\r\nconnection: *close/i.test(head),
  };
}

function chunks(bytes: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const endOfLine = bytes.indexOf('\r\n', at);
    if (endOfLine === -1) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, endOfLine), 16);
    if (Number.isNaN(size)) throw new Error('the answer does not say how long it is');
    const begin = endOfLine + 2;
    at = begin + size + 2;
    if (size === 0) return { body: Buffer.concat(parts), end: at };
    if (at > bytes.length) return undefined;
    parts.push(bytes.subarray(begin, begin + size));
  }
}
