import { duration, stylesFor, type Look, type Styles } from '../ui/look.ts';
import { harmless, padTo, visibleWidth } from '../ui/wrap.ts';
import { failedIn, type Second } from './load/second.ts';
import { machineRows } from './screen-machines.ts';
import { judged, type ShownEvent, type StageView } from './view.ts';
import { amount, clock, healthyWord, milliseconds } from './words.ts';

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/** Lines that events have at least, where there are so many: machines that are well make room for them. */
const eventRows = 4;
/** Columns of the words before the curve. */
const nameColumns = 12;

/** Everything on one screen of the terminal, with at most `rows` lines that fit its columns. */
export function screenLines(
  stage: { view: StageView; seconds: readonly Second[]; events: readonly ShownEvent[] },
  look: Look,
  rows: number,
): string[] {
  const { view, seconds, events } = stage;
  const styles = stylesFor(look);
  const above = [
    title(view, look, styles),
    '',
    ...figures(view, styles),
    ...curves(judged(seconds, view.at), look, styles),
    ...(view.warning === undefined ? [] : [styles.warning(view.warning)]),
    '',
  ];
  const waiting =
    view.waiting.length === 0 ? [] : [`waiting for a node: ${view.waiting.map(({ name }) => name).join(', ')}`];
  // An empty line below the machines, and the last one says how to end it.
  const reserved = waiting.length + 2 + Math.min(eventRows, events.length);
  above.push(...machineRows(view, look, rows - above.length - reserved), ...waiting, '');
  const left = Math.max(0, rows - above.length - 1);
  const shown = left === 0 ? [] : events.slice(-left).map((event) => eventLine(event, styles));
  const lines = [...above, ...shown].slice(0, rows - 1);
  return [...lines, styles.faint('q ends it and shows the summary')].map((line) => cut(line, look.columns));
}

function title({ rate, seconds }: StageView, { columns }: Look, styles: Styles): string {
  const left = `The stage: the guestbook under ${amount(rate)} requests a second`;
  return padTo(styles.strong(left), columns - 12) + duration(Math.floor(seconds)).padStart(12);
}

function figures(view: StageView, styles: Styles): string[] {
  const { healthy, failed, failedLately } = view;
  const mood = healthy === undefined ? styles.warning : healthy ? styles.good : styles.bad;
  const word = healthyWord(healthy);
  const lost = `${amount(failed)} in all, ${amount(failedLately)} in the last 10 s`;
  const name = (text: string): string => styles.faint(padTo(text, nameColumns));
  const speed = `half within ${milliseconds(view.p50Ms)}, 99 of 100 within ${milliseconds(view.p99Ms)}`;
  return [
    `${name('requests/s')}${padTo(styles.strong(amount(view.perSecond)), 16)}${name('healthy')}${mood(styles.strong(word))}`,
    `${name('failed')}${failedLately > 0 ? styles.bad(lost) : lost}`,
    `${name('answers')}${speed}`,
  ];
}

/** Requests a second over time, and below it how many of them failed. */
function curves(seconds: readonly Second[], { columns }: Look, styles: Styles): string[] {
  const last = seconds.slice(-Math.max(10, columns - nameColumns - 10));
  const most = Math.max(1, ...last.map(({ due }) => due));
  const answered = last.map((second) => bar(second.answered / most)).join('');
  const lost = last.map((second) => (failedIn(second) === 0 ? ' ' : bar(failedIn(second) / most))).join('');
  const row = (name: string, curve: string): string => `${styles.faint(padTo(name, nameColumns))}${curve}`;
  return [row('answered', answered), row('failed', styles.bad(lost))];
}

const bar = (share: number): string => bars[Math.min(bars.length - 1, Math.floor(share * bars.length))] ?? '';

function eventLine({ at, says, kind, failed }: ShownEvent, styles: Styles): string {
  const lost = failed === 0 ? '' : `  ${styles.bad(`${amount(failed)} failed`)}`;
  const text = harmless(says);
  return `${styles.faint(clock(at))}  ${kind === 'fault-on' ? styles.bad(text) : text}${lost}`;
}

/** A line that is too long would make the terminal scroll. Colours end with it. */
function cut(line: string, columns: number): string {
  if (visibleWidth(line) <= columns) return line;
  // Cut without colours: a code cut in half would be worse than none.
  return `${Array.from(harmless(line))
    .slice(0, columns - 1)
    .join('')}…`;
}
