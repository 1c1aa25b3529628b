import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { readPage, type PageFiles } from './files.ts';
import { isOurs, mayCall } from './same-origin.ts';

/** A call of the page's script that has shown the token. */
export interface PageCall {
  /** What stands behind `/api/`. */
  name: string;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** Aborted when the page is closed. */
  over: AbortSignal;
}

export interface LocalPage {
  url: string;
  close(): Promise<void>;
}

export interface PageOptions {
  /** Folder with `index.html`, the scripts and the style. */
  folder: string;
  /** 0 takes a free one. */
  port: number;
  /** Answers a call. What it throws is told to the page: see `refuse`. */
  answer: (call: PageCall) => Promise<void>;
}

/**
 * Serves a page on 127.0.0.1, to this computer's browsers only.
 * @throws FiredrillError `page-port-taken`.
 */
export async function serveLocalPage({ folder, port, answer }: PageOptions): Promise<LocalPage> {
  const token = randomBytes(24).toString('base64url');
  const files = await readPage(folder, token);
  const over = new AbortController();
  const server = createServer((request, response) => {
    const served = (server.address() as AddressInfo | null)?.port ?? port;
    respond({ request, response, port: served, token, files, over: over.signal }, answer).catch((error: unknown) => {
      if (response.headersSent) response.end();
      else refuse(response, error);
    });
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      over.abort();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

interface Exchange extends Pick<PageCall, 'request' | 'response' | 'over'> {
  port: number;
  token: string;
  files: PageFiles;
}

async function respond(exchange: Exchange, answer: PageOptions['answer']): Promise<void> {
  const { request, response, port, token, files, over } = exchange;
  // Another site whose name leads to 127.0.0.1 must not read the page, for the token is in it.
  if (!isOurs(request.headers, port)) {
    sendJson(response, 403, { error: 'This page is for this computer only.' });
    return;
  }
  const url = new URL(request.url ?? '/', 'http://localhost');
  const file = request.method === 'GET' ? files.get(url.pathname) : undefined;
  if (file) {
    response.writeHead(200, { 'content-type': file.type, ...pageHeaders }).end(file.body);
    return;
  }
  if (!url.pathname.startsWith('/api/')) {
    sendJson(response, 404, { error: 'There is nothing here.' });
    return;
  }
  if (!mayCall(request, url, token)) {
    sendJson(response, 403, { error: 'Reload the page: it was served by an earlier run of the program.' });
    return;
  }
  await answer({ name: url.pathname.slice('/api/'.length), request, response, url, over });
}

const pageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

/** What went wrong, and what to do: 400 where the page asked for something wrong, else 503. */
function refuse(response: ServerResponse, error: unknown): void {
  const wrongUsage = error instanceof SyntaxError || (error instanceof FiredrillError && error.exitCode === 2);
  const remedy = error instanceof FiredrillError ? error.remedy : undefined;
  sendJson(response, wrongUsage ? 400 : 503, { error: messageOf(error), remedy });
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const details = {
        code: 'page-port-taken',
        remedy: `Is the page open already, at http://127.0.0.1:${port}/? Else set FIREDRILL_FIRST_PORT to another number.`,
        cause,
      };
      reject(new FiredrillError(`Port ${port} on 127.0.0.1 is taken.`, details));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
