// The page's script. It runs in the browser: the server takes the types off.
// Whatever the cluster said is only ever set as text, never as markup.

import { byId, pageToken } from '../../page/dom.ts';
import { drawLatency, drawRequests } from './chart.ts';
import { drawEvents, type StageEvent } from './events.ts';
import { drawMachines, type Machine } from './machines.ts';
import { binned, type Drawn } from './scale.ts';
import { amount, milliseconds } from './words.ts';

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

interface Update {
  view: View;
  seconds: Drawn[];
  events: StageEvent[];
}

const keptSeconds = 3600;
const history = new Map<number, Drawn>();
let latest: Update | undefined;
let span = 300;

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
  byId('failed', HTMLElement).dataset['state'] = failedLately > 0 ? 'bad' : failed > 0 ? 'past' : 'good';
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

function showAll(update: Update): void {
  showFigures(update.view);
  showCharts(update);
  const { etcdLeader, machines, waiting } = update.view;
  say('leader', etcdLeader === undefined ? 'etcd has no leader.' : `${etcdLeader} leads etcd.`);
  drawMachines(byId('machines', HTMLElement), machines, waiting);
  drawEvents(byId('events', HTMLOListElement), update.events);
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
