import { setTimeout as pause } from 'node:timers/promises';
import type { Events } from '../page/events.ts';
import { messageOf } from '../system/errors.ts';
import type { Place } from './place.ts';
import { lookAtRing } from './ring.ts';
import { watch } from './watch.ts';
import { quorumInWords } from './words.ts';

/** Seconds between two looks at the ring while a page is open. */
const everySeconds = 0.7;

/** The ring, again and again. */
export async function streamRing(place: Place, { send, signal, end }: Events): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      const ring = await lookAtRing(place, signal);
      send({ ring, quorum: quorumInWords(ring) });
      if (!ring.open) break;
    } catch (error) {
      if (!isOver()) send({ error: messageOf(error) });
    }
    await pause(everySeconds * 1000, undefined, { signal }).catch(() => undefined);
  }
  end();
}

/** The changes of a key. */
export async function streamWatch(place: Place, asked: URLSearchParams, { send, signal, end }: Events): Promise<void> {
  const via = asked.get('via') || undefined;
  const options = { via, prefix: asked.get('prefix') === 'true', signal, onEvent: send };
  try {
    await watch(place, asked.get('key') ?? '', options);
  } catch (error) {
    if (!signal.aborted) send({ type: 'ended', why: messageOf(error) });
  }
  end();
}
