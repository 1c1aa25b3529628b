import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { slideRate, underStage, type StageRun } from '../soak/stage-run.ts';
import { amount, milliseconds, percent } from '../stage/words.ts';
import { markdownTable } from './table.ts';

/** Seconds of load: long enough that a generator is followed by another one (load/succession.ts: after 60 s). */
const loadSeconds = 75;

/** Loads the guestbook as `firedrill stage` does, with its own generator: nothing else goes on meanwhile. */
export const loadByStage = (lab: Lab, signal: AbortSignal): Promise<StageRun> =>
  underStage(lab, slideRate, () => pause(loadSeconds * 1000, undefined, { signal }));

export function stageTable({ summary, sentShare, warnings }: StageRun): string[] {
  const { rate, requests, failed, late, p50Ms, p99Ms, worstP99Ms } = summary;
  const marked = (isMissed: boolean, text: string): string => (isMissed ? `**missed** ${text}` : text);
  const head = [
    'asked a second',
    'requests',
    'failed',
    'late',
    'sent',
    'warned',
    'p50',
    'p99',
    'p99 of the slowest second',
  ];
  const row = [
    amount(rate),
    amount(requests),
    marked(failed > 0, amount(failed)),
    amount(late),
    marked(sentShare < 0.97, percent(sentShare)),
    marked(warnings.length > 0, `in ${warnings.length} s`),
    milliseconds(p50Ms),
    milliseconds(p99Ms),
    milliseconds(worstP99Ms),
  ];
  return [...markdownTable(head, [row]), ...(warnings[0] === undefined ? [] : ['', `- ${warnings[0]}`])];
}
