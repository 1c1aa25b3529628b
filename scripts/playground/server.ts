import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sendEvents } from '../page/events.ts';
import { sendJson, serveLocalPage, type LocalPage, type PageCall } from '../page/serve.ts';
import { FiredrillError } from '../system/errors.ts';
import { answerCall } from './api.ts';
import { machineStates } from './containers.ts';
import type { Place } from './place.ts';
import { streamRing, streamWatch } from './streams.ts';

export interface ServedPage extends LocalPage {
  /** Resolves when the signal is aborted, or when the machines are gone. */
  until(signal: AbortSignal): Promise<void>;
}

/** Seconds between two looks whether somebody closed the playground elsewhere. */
const lookSeconds = 2;
const bodyLimitBytes = 64 * 1024;

/**
 * Serves the page of the playground on 127.0.0.1, to this computer's browsers only.
 * @throws FiredrillError `page-port-taken`.
 */
export async function servePage(place: Place): Promise<ServedPage> {
  const page = await serveLocalPage({
    folder: join(import.meta.dirname, 'page'),
    port: place.pagePort,
    answer: (call) => answer(place, call),
  });
  return {
    ...page,
    async until(signal) {
      while (!signal.aborted) {
        await pause(lookSeconds * 1000, undefined, { signal }).catch(() => undefined);
        const states = await machineStates(place, signal).catch(() => undefined);
        if (states?.size === 0) return;
      }
    },
  };
}

async function answer(place: Place, { name, request, response, url, over }: PageCall): Promise<void> {
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
