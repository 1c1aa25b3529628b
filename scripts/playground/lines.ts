import type { Answer, KeyValue } from './keys.ts';
import type { Ring, RingMember } from './ring.ts';
import type { StressResult } from './stress.ts';
import type { WatchEvent } from './watch.ts';
import { quorumInWords } from './words.ts';

const head = ['member', 'state', 'id', 'term', 'index', 'revision', 'DB size', 'hash'];

/** The ring as lines for a terminal: a table, the cuts, and what quorum means now. */
export function ringLines(ring: Ring): string[] {
  const words = quorumInWords(ring);
  if (!ring.open) return words;
  const rows = [head, ...ring.members.map(cells)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const cuts = ring.cuts.map(([one, other]) => `${one}-${other}`).join(', ');
  return [...table, ...(cuts === '' ? [] : [`Cut: ${cuts}`]), ...words];
}

const cells = ({ name, state, id, term, index, revision, dbSizeBytes, hash }: RingMember): string[] => [
  name,
  state,
  id ?? '-',
  String(term ?? '-'),
  String(index ?? '-'),
  String(revision ?? '-'),
  dbSizeBytes === undefined ? '-' : `${Math.round(dbSizeBytes / 1024)} KiB`,
  hash === undefined ? '-' : hash.toString(16).padStart(8, '0'),
];

/** Keys and values may hold anything: what would steer a terminal is shown as an escape. */
const harmless = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replace(/[\u007f-\u009f]/g, '?');

export const answerLines = ({ keys = [], said, via, milliseconds, ok }: Answer): string[] => [
  ...keys.map(keyLine),
  `${ok ? '' : 'Not done: '}${said} (${via}, ${milliseconds} ms)`,
];

const keyLine = ({ key, value, version, lease }: KeyValue): string =>
  `${harmless(key)} = ${harmless(value)}  (version ${version}${lease === undefined ? '' : `, lease ${lease}`})`;

/** @param at when it was heard: etcd keeps no time of a change. Shown as the local time of day. */
export const watchLine = (event: WatchEvent, at: Date): string =>
  `${at.toTimeString().slice(0, 8)}  ${watchedInWords(event)}`;

function watchedInWords(event: WatchEvent): string {
  if (event.type === 'watching') return `Watching through ${event.via}. Ctrl-C ends it.`;
  if (event.type === 'ended') return `The watch ended: ${event.why}.`;
  if (event.type === 'delete') return `${event.revision}  deleted ${harmless(event.key)}`;
  return `${event.revision}  ${harmless(event.key)} = ${harmless(event.value)}`;
}

export const stressLines = (result: StressResult): string[] => [
  `${result.confirmed} writes confirmed by ${result.via} in ${result.seconds} s: ${result.writesPerSecond} a second, ${result.failed} failed.`,
  `Half took at most ${result.medianMilliseconds} ms, 99 of 100 at most ${result.p99Milliseconds} ms.`,
];
