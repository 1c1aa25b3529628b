import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { answerCall } from './api.ts';
import { machineStates } from './containers.ts';
import type { Place } from './place.ts';
import { isOurs, mayCall } from './same-origin.ts';
import { sendEvents, streamRing, streamWatch } from './streams.ts';

export interface ServedPage {
  url: string;
  /** Resolves when the signal is aborted, or when the machines are gone. */
  until(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Seconds between two looks whether somebody closed the playground elsewhere. */
const lookSeconds = 2;
const bodyLimitBytes = 64 * 1024;

/**
 * Serves the page of the playground on 127.0.0.1, to this computer's browsers only.
 * @throws FiredrillError `page-port-taken`.
 */
export async function servePage(place: Place): Promise<ServedPage> {
  const token = randomBytes(24).toString('base64url');
  const files = await readPage(token);
  const over = new AbortController();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    respond({ request, response, url, place, token, files, over: over.signal }).catch((error: unknown) => {
      if (!response.headersSent)
        sendJson(response, statusOf(error), { error: messageOf(error), remedy: remedyOf(error) });
      else response.end();
    });
  });
  await listen(server, place.pagePort);
  return {
    url: `http://127.0.0.1:${place.pagePort}/`,
    async until(signal) {
      while (!signal.aborted) {
        await pause(lookSeconds * 1000, undefined, { signal }).catch(() => undefined);
        const states = await machineStates(place, signal).catch(() => undefined);
        if (states?.size === 0) return;
      }
    },
    async close() {
      over.abort();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  place: Place;
  token: string;
  files: ReadonlyMap<string, { type: string; body: string }>;
  over: AbortSignal;
}

async function respond(exchange: Exchange): Promise<void> {
  const { request, response, url, place, token, files, over } = exchange;
  // Another site whose name leads to 127.0.0.1 must not read the page, for the token is in it.
  if (!isOurs(request.headers, place.pagePort)) {
    sendJson(response, 403, { error: 'This page is for this computer only.' });
    return;
  }
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
  const name = url.pathname.slice('/api/'.length);
  if (request.method === 'GET' && (name === 'ring' || name === 'watch')) {
    const events = sendEvents(response, over);
    await (name === 'ring' ? streamRing(place, events) : streamWatch(place, url.searchParams, events));
    return;
  }
  if (request.method !== 'POST') {
    sendJson(response, 405, { error: 'Use POST.' });
    return;
  }
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  const asked = { ...(JSON.parse((await bodyOf(request)) || '{}') as object), name };
  sendJson(response, 200, await answerCall(place, asked, AbortSignal.any([over, gone.signal])));
}

const pageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** The page's three files. Its script is TypeScript too: the types are taken off, as Node does for the program. */
async function readPage(token: string): Promise<Exchange['files']> {
  const read = (name: string) => readFile(join(import.meta.dirname, 'page', name), 'utf8');
  const [html, script, style] = await Promise.all([read('index.html'), read('page.ts'), read('page.css')]);
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: html.replace('{{token}}', token) }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: stripTypeScriptTypes(script) }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: style }],
  ]);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bodyLimitBytes) throw tooMuch();
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

const tooMuch = (): FiredrillError =>
  new FiredrillError('That is too long.', { code: 'too-long', remedy: 'Send less than 64 KiB.', exitCode: 2 });

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}

const statusOf = (error: unknown): number =>
  error instanceof SyntaxError || (error instanceof FiredrillError && error.exitCode === 2) ? 400 : 503;
const remedyOf = (error: unknown): string | undefined => (error instanceof FiredrillError ? error.remedy : undefined);

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
