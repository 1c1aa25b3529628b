import { setTimeout as pause } from 'node:timers/promises';
import { vegetaPath } from '../bundle/bundle.ts';
import type { Lab } from '../lab/lab.ts';
import { openHistory } from '../stage/history.ts';
import type { Second } from '../stage/load/second.ts';
import { Stage } from '../stage/stage.ts';
import { summaryOf, type Summary } from '../stage/summary.ts';
import { waitUntil } from '../system/wait.ts';

/** What the slide of the talk showed: requests a second. */
export const slideRate = 8000;
/** Seconds of load behind the work: what it breaks late is seen too. */
const afterSeconds = 5;
/** Seconds that requests which are under way may take at the end: a second longer than an answer may. */
const patienceSeconds = 6;

/** What became of the requests beside some work. */
export interface StageRun {
  summary: Summary;
  /** Of the requests that were asked for in whole seconds, the share that left, and in time. */
  sentShare: number;
  /** What the stage told of its generator, once for each second in which it did. */
  warnings: readonly string[];
}

/**
 * Puts the guestbook under the load of `firedrill stage` while the work goes on, and keeps its history. The work begins
 * when requests are answered.
 * @param rate requests a second
 * @throws what the work throws; FiredrillError `waited-in-vain` where no request is answered.
 */
export async function underStage(lab: Lab, rate: number, work: () => Promise<unknown>): Promise<StageRun> {
  const program = await vegetaPath();
  const history = openHistory(lab.layout.name);
  const stage = new Stage({ lab, program, rate, recorder: history });
  const warnings: string[] = [];
  const looking = setInterval(() => {
    const { warning } = stage.view();
    if (warning !== undefined) warnings.push(warning);
  }, 1000);
  history.started(rate);
  try {
    await stage.start();
    const what = 'requests are answered';
    await waitUntil(() => stage.view().perSecond > 0, { what, deadlineSeconds: 30 });
    await work();
    await pause(afterSeconds * 1000);
  } finally {
    clearInterval(looking);
    await stage.stop(patienceSeconds);
  }
  const seconds = stage.seconds();
  const summary = summaryOf({ rate, seconds, causes: stage.causes(), health: stage.health() });
  history.ended(summary);
  return { summary, sentShare: sentShareOf(seconds, rate), warnings };
}

/** The first second and the last one are not whole: the load began and ended in them. */
export function sentShareOf(seconds: readonly Second[], rate: number): number {
  const whole = seconds.slice(1, -1);
  const sent = whole.reduce((sum, { due, late }) => sum + due - late, 0);
  return whole.length === 0 ? 0 : sent / (whole.length * rate);
}
