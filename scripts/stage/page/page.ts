// The page's script. It runs in the browser: the server takes the types off.
// Whatever the cluster said is only ever set as text, never as markup.

import { byId, pageToken } from '../../page/dom.ts';
import { binned, drawLatency, drawRequests, type Drawn } from './chart.ts';
import { drawMachines, type Machine } from './machines.ts';

interface View {
  at: number;
  rate: number;
  perSecond: number;
  failed: number;
  failedLately: number;
  p50Ms: number;
  p99Ms: number;
  healthy?: boolean;
  warning?: string;
  etcdLeader?: string;
  machines: Machine[];
  waiting: Machine['pods'];
}

interface StageEvent {
  id: number;
  at: number;
  kind: string;
  says: string;
  failed: number;
}

interface Update {
  view: View;
  seconds: Drawn[];
  events: StageEvent[];
}

const keptSeconds = 3600;
const history = new Map<number, Drawn>();
let latest: Update | undefined;
let span = 300;

const amount = (value: number): string => value.toLocaleString('en-US');
const milliseconds = (value: number): string => {
  if (value <= 0) return '-';
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
};

/** Set only when it changed: a screen reader reads it out, and a selection stays. */
function say(id: string, text: string): void {
  const found = byId(id, HTMLElement);
  if (found.textContent !== text) found.textContent = text;
}

function keep(seconds: readonly Drawn[]): void {
  for (const second of seconds) history.set(second.at, second);
  const oldest = (seconds.at(-1)?.at ?? 0) - keptSeconds * 1000;
  for (const at of history.keys()) {
    if (at >= oldest) break;
    history.delete(at);
  }
}

function showFigures({ rate, perSecond, failed, failedLately, p50Ms, p99Ms, healthy, warning }: View): void {
  say('about', `The guestbook under ${amount(rate)} requests a second.`);
  say('per-second', amount(perSecond));
  say('failed', amount(failed));
  say('failed-lately', `${amount(failedLately)} in the last 10 s`);
  say('p99', milliseconds(p99Ms));
  say('p50', `half within ${milliseconds(p50Ms)}`);
  say('healthy', healthy === undefined ? 'nobody can tell' : healthy ? 'yes' : 'no');
  byId('healthy', HTMLElement).dataset['state'] = healthy === undefined ? 'unknown' : healthy ? 'good' : 'bad';
  byId('failed', HTMLElement).dataset['state'] = failedLately > 0 ? 'bad' : 'good';
  say('warning', warning ?? '');
  byId('warning', HTMLElement).hidden = warning === undefined;
}

function showCharts({ view, events }: Update): void {
  const from = view.at - span * 1000;
  const inside = [...history.values()].filter(({ at }) => at >= from);
  const seconds = binned(inside, span);
  const shown = { to: view.at, seconds: span };
  const requests = byId('requests', SVGSVGElement);
  drawRequests(requests, seconds, events, shown);
  const lost = inside.reduce((sum, { failed }) => sum + failed, 0);
  requests.setAttribute(
    'aria-label',
    `Requests a second: ${amount(view.perSecond)} now, ${amount(lost)} failed in this time`,
  );
  const latency = byId('latency', SVGSVGElement);
  drawLatency(latency, seconds, shown);
  latency.setAttribute('aria-label', `Time until the answer: 99 of 100 within ${milliseconds(view.p99Ms)} now`);
}

let eventsShown = '';
function showEvents(events: readonly StageEvent[]): void {
  const version = events.map(({ id, failed }) => `${id} ${failed}`).join();
  // Left alone where nothing changed, so that somebody can read and scroll.
  if (version === eventsShown) return;
  eventsShown = version;
  const items = events.toReversed().map(({ at, kind, says, failed }) => {
    const item = document.createElement('li');
    item.className = kind;
    const time = document.createElement('time');
    time.textContent = new Date(at).toLocaleTimeString();
    const words = document.createElement('span');
    words.textContent = ` ${says}`;
    item.append(time, words);
    if (failed > 0) {
      const lost = document.createElement('strong');
      lost.textContent = ` ${amount(failed)} failed`;
      item.append(lost);
    }
    return item;
  });
  byId('events', HTMLOListElement).replaceChildren(...items);
}

function showAll(update: Update): void {
  showFigures(update.view);
  showCharts(update);
  const { etcdLeader, machines, waiting } = update.view;
  say('leader', etcdLeader === undefined ? 'etcd has no leader.' : `${etcdLeader} leads etcd.`);
  drawMachines(byId('machines', HTMLElement), machines, waiting);
  showEvents(update.events);
}

function follow(): void {
  const source = new EventSource(`/api/live?token=${encodeURIComponent(pageToken())}`);
  source.addEventListener('message', (event: MessageEvent<string>) => {
    latest = JSON.parse(event.data) as Update;
    keep(latest.seconds);
    showAll(latest);
  });
  source.addEventListener('error', () => {
    say('warning', 'The program does not answer. If it was ended, this page is over.');
    byId('warning', HTMLElement).hidden = false;
    say('healthy', 'nobody can tell');
    byId('healthy', HTMLElement).dataset['state'] = 'unknown';
  });
}

// ---- Buttons and keys

const spans = [...document.querySelectorAll<HTMLButtonElement>('.spans button')];

function choose(chosen: HTMLButtonElement): void {
  span = Number(chosen.dataset['seconds']);
  for (const button of spans) button.setAttribute('aria-pressed', String(button === chosen));
  if (latest) showCharts(latest);
}

for (const button of spans) {
  button.addEventListener('click', () => {
    choose(button);
  });
}
const [, usual] = spans;
if (usual) choose(usual);

/** Size of all text, in percent of the browser's own. */
let size = 100;
document.addEventListener('keydown', ({ key, ctrlKey, altKey, metaKey }) => {
  if (ctrlKey || altKey || metaKey) return;
  const button = spans[Number(key) - 1];
  if (button) choose(button);
  if (key !== '+' && key !== '-') return;
  size = Math.min(250, Math.max(60, size + (key === '+' ? 10 : -10)));
  document.documentElement.style.fontSize = `${size}%`;
});

follow();
