import { once } from 'node:events';
import type { DrillFacts, Prediction } from '../scripts/course/model.ts';
import type { Lab } from '../scripts/lab/lab.ts';
import type { StageEvent } from '../scripts/stage/event.ts';
import type { Cause } from '../scripts/stage/ledger.ts';
import { failedIn, failedInAll, isHealthy, lateSeconds, type Second } from '../scripts/stage/load/second.ts';
import type { Stage, StageOptions } from '../scripts/stage/stage.ts';
import { amount, percent } from '../scripts/stage/words.ts';
import { waitUntil } from '../scripts/system/wait.ts';

/** Requests a second: enough that a gap of a tenth of a second is seen, and little beside what a laptop has to do. */
const defaultRate = 300;
/** Seconds that requests which are under way may take at the end: a second longer than an answer may. */
const patienceSeconds = 6;

/** What became of the requests beside a step. */
export interface UnderLoad {
  seconds: readonly Second[];
  causes: readonly Cause[];
  /** What was seen to happen meanwhile, in the order of its time. */
  events: readonly StageEvent[];
}

/**
 * Puts the guestbook under the load of `firedrill stage` until the step ends, and keeps its history for
 * `firedrill report`. It stands for visitors behind a load balancer: who comes is sent through no node that is cordoned
 * or NotReady. The visitor of lesson 02 knows one node only: when that one reboots, her visits fail for a reason that no
 * app can help.
 */
export async function putUnderLoad(lab: Lab, signal: AbortSignal, rate = defaultRate): Promise<UnderLoad> {
  // Loaded here, so that a list of lessons costs nothing of it.
  const [{ openHistory }, { summaryOf }] = await Promise.all([
    import('../scripts/stage/history.ts'),
    import('../scripts/stage/summary.ts'),
  ]);
  const history = openHistory(lab.layout.name);
  const stage = await stageOf(lab, { rate, recorder: history });
  history.started(rate);
  try {
    await stage.start();
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await stage.stop(patienceSeconds);
  }
  const [seconds, causes, events] = [stage.seconds(), stage.causes(), stage.events()];
  history.ended(summaryOf({ rate, seconds, causes, health: stage.health() }));
  return { seconds, causes, events };
}

/** Seconds that the first visitors are sent for at most. */
const warmUpSeconds = 20;

/**
 * Sends visitors until pods that were made a moment ago answer well, and keeps nothing of it. A program that has just
 * started is slow at first: what a step loses by its own work is counted from there on.
 */
export async function warmUp(lab: Lab, signal: AbortSignal, rate = defaultRate): Promise<void> {
  const stage = await stageOf(lab, { rate, recorder: { second: () => undefined, event: () => undefined } });
  const answersWell = () => stage.seconds().some((second) => second.final && isHealthy(second) === true);
  try {
    await stage.start();
    const options = { what: 'the guestbook answers its visitors in time', deadlineSeconds: warmUpSeconds, signal };
    await waitUntil(answersWell, options);
  } finally {
    await stage.stop(0);
  }
}

async function stageOf(lab: Lab, options: Pick<StageOptions, 'rate' | 'recorder'>): Promise<Stage> {
  const [{ vegetaPath }, { Stage: Made }] = await Promise.all([
    import('../scripts/bundle/bundle.ts'),
    import('../scripts/stage/stage.ts'),
  ]);
  return new Made({ lab, program: await vegetaPath(), ...options });
}

/** What a page may say of failed requests. */
export const noneFail: readonly string[] = ['none'];
export const someFail: readonly string[] = ['few', 'tens', 'hundreds'];

/**
 * How many requests failed from the moment the step opened until it was reached, and why most of them did.
 * @param expected what the page says for certain
 */
export const failedRequests = (id: string, question: string, expected?: readonly string[]): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'none', says: 'none' },
    { value: 'few', says: 'some, at most 10' },
    { value: 'tens', says: '11 to 100' },
    { value: 'hundreds', says: 'more than 100' },
  ],
  ...(expected ? { expected } : {}),
  measure(_lab, facts) {
    const { seconds, causes } = loadIn(facts);
    const due = seconds.reduce((sum, second) => sum + second.due, 0);
    if (due === 0) throw new Error('no request was sent meanwhile');
    const failed = failedInAll(seconds);
    const doubt = doubtOf(seconds, expected);
    return Promise.resolve({
      value: howMany(failed),
      saw: `${amount(failed)} of ${amount(due)} requests failed${mainCause(causes)}`,
      ...(doubt === undefined ? {} : { doubt }),
    });
  },
});

/** From the fewest to the most. */
const amounts = ['none', 'few', 'tens', 'hundreds'] as const;

const howMany = (failed: number): (typeof amounts)[number] =>
  failed === 0 ? 'none' : failed <= 10 ? 'few' : failed <= 100 ? 'tens' : 'hundreds';

/**
 * Why the computer may be the cause: more requests failed than the page says, and the load generator itself was late
 * before or when they did. Those that failed while it was in time must not be more than the page says: they are a real
 * failure, and nothing hides it. Where the page says nothing, they must be another answer than all together.
 */
function doubtOf(seconds: readonly Second[], expected?: readonly string[]): string | undefined {
  const rank = (value: string): number => amounts.findIndex((one) => one === value);
  const all = rank(howMany(failedInAll(seconds)));
  const most = expected ? Math.max(...expected.map(rank)) : all - 1;
  const late = lateSeconds(seconds);
  const inTime = seconds.filter((second) => !late.some((one) => one.second === second));
  if (all <= most || rank(howMany(failedInAll(inTime))) > most) return undefined;
  const share = Math.max(...late.filter(({ second }) => failedIn(second) > 0).map((one) => one.share));
  return `the load generator itself was late (${percent(share)} of its requests)`;
}

function mainCause(causes: readonly Cause[]): string {
  const [most] = causes.toSorted((one, other) => other.failed - one.failed);
  if (!most) return '';
  return `, ${amount(most.failed)} of them after: ${most.event?.says ?? 'nothing that was seen'}`;
}

/** @throws where there was no load. */
export function loadIn({ observed }: DrillFacts): UnderLoad {
  const { load } = (observed as { load?: UnderLoad } | undefined) ?? {};
  if (!load) throw new Error('there was no load');
  return load;
}
