import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An http server on loopback: a path -> its content, or what it does. Counts what it was asked for. */
export async function serveOnLoopback(answers: Record<string, string | Buffer | Answer>) {
  const asked: { path: string; range: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({ path, range: request.headers.range });
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === 'function') answer(request, response);
    else whole(answer)(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The whole content, or the rest of it where a range is asked for. */
export const whole =
  (content: string | Buffer): Answer =>
  (request, response) => {
    const bytes = Buffer.from(content);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(start > 0 ? 206 : 200, { 'Content-Length': bytes.length - start });
    response.end(bytes.subarray(start));
  };

/** Promises the whole, sends the first bytes and ends when `cut` is called; the next requests get the rest. */
export function truncatedOnce(content: Buffer, afterBytes: number): { answer: Answer; cut: () => void } {
  let open: ServerResponse | undefined;
  let broken = false;
  return {
    answer: (request, response) => {
      if (broken) {
        whole(content)(request, response);
        return;
      }
      broken = true;
      open = response;
      response.writeHead(200, { 'Content-Length': content.length });
      response.write(content.subarray(0, afterBytes));
    },
    cut: () => {
      open?.destroy();
      open = undefined;
    },
  };
}

/** Sends the first bytes and then nothing, for ever. */
export const stalled =
  (content: Buffer, afterBytes: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'Content-Length': content.length });
    response.write(content.subarray(0, afterBytes));
  };

/** One piece every some milliseconds. */
export const slow =
  (content: Buffer, pieces: number, milliseconds: number): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'Content-Length': content.length });
    const size = Math.ceil(content.length / pieces);
    let sent = 0;
    const timer = setInterval(() => {
      response.write(content.subarray(sent, sent + size));
      sent += size;
      if (sent < content.length) return;
      clearInterval(timer);
      response.end();
    }, milliseconds);
  };
