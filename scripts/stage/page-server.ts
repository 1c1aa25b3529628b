import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sendEvents, type Events } from '../page/events.ts';
import { sendJson, serveLocalPage, type LocalPage } from '../page/serve.ts';
import { failedIn, isHealthy, type Second } from './load/second.ts';
import type { StageSource } from './source.ts';
import { judged, type ShownEvent, type StageView } from './view.ts';

/** A second as the page draws it. `healthy` is null where nobody can tell. */
export interface DrawnSecond extends Pick<Second, 'at' | 'due' | 'answered' | 'p50Ms' | 'p99Ms'> {
  failed: number;
  healthy: boolean | null;
}

/** What the page is sent every second: what is new of the history, and all the rest as it is now. */
export interface PageUpdate {
  view: StageView;
  /** Those that changed since the update before; in the first, as many as the page keeps. */
  seconds: readonly DrawnSecond[];
  /** The latest events, oldest first. */
  events: readonly ShownEvent[];
}

const everyMilliseconds = 1000;
/** An hour is all that the page draws. */
const keptSeconds = 3600;
/** Seconds at the end of the history that may still change: see `final` in load/second.ts. */
const changingSeconds = 10;
const shownEvents = 100;

/** Serves the page of the stage on 127.0.0.1, to this computer's browsers only, at a port that was free. */
export const serveStage = (source: StageSource): Promise<LocalPage> =>
  serveLocalPage({
    folder: join(import.meta.dirname, 'page'),
    port: 0,
    async answer({ name, request, response, over }) {
      if (request.method !== 'GET' || name !== 'live') {
        sendJson(response, 404, { error: 'There is nothing here.' });
        return;
      }
      await stream(source, sendEvents(response, over));
    },
  });

async function stream(source: StageSource, { send, signal, end }: Events): Promise<void> {
  let wanted = keptSeconds;
  while (!signal.aborted) {
    send(updateOf(source, wanted));
    wanted = changingSeconds;
    await pause(everyMilliseconds, undefined, { signal }).catch(() => undefined);
  }
  end();
}

export function updateOf(source: StageSource, wanted: number): PageUpdate {
  const view = source.view();
  return {
    view,
    seconds: judged(source.seconds().slice(-wanted), view.at).map(drawn),
    events: source.events().slice(-shownEvents),
  };
}

const drawn = (second: Second): DrawnSecond => {
  const { at, due, answered, p50Ms, p99Ms } = second;
  return { at, due, answered, p50Ms, p99Ms, failed: failedIn(second), healthy: isHealthy(second) ?? null };
};
