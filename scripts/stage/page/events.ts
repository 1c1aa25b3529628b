// The list of what happened. It runs in the browser. Whatever the cluster said is only ever set as text.

import { amount } from './words.ts';

export interface StageEvent {
  id: number;
  at: number;
  kind: string;
  says: string;
  /** Requests that failed because of it. */
  failed: number;
}

let shown = '';

/** Draws the list, the latest first; left alone where nothing changed, so that somebody can read and scroll. */
export function drawEvents(list: HTMLElement, events: readonly StageEvent[]): void {
  const version = events.map(({ id, failed }) => `${id} ${failed}`).join();
  if (version === shown) return;
  shown = version;
  list.replaceChildren(...events.toReversed().map(item));
}

function item({ at, kind, says, failed }: StageEvent): HTMLElement {
  const made = document.createElement('li');
  made.className = kind;
  const time = document.createElement('time');
  time.textContent = new Date(at).toLocaleTimeString();
  const words = document.createElement('span');
  words.textContent = ` ${says}`;
  made.append(time, words);
  if (failed > 0) {
    const lost = document.createElement('strong');
    lost.textContent = ` ${amount(failed)} failed`;
    made.append(lost);
  }
  return made;
}
