import type { DrillFacts } from '../../scripts/course/model.ts';
import { failedInAll, isHealthy } from '../../scripts/stage/load/second.ts';
import { bittenAt, secondsUntilSeen } from '../moments.ts';
import { loadIn } from '../under-load.ts';
import { outageIn } from './watching.ts';

/** Seconds from the power cut until the API server said that w1 is not Ready. @throws where it was not seen. */
export const noticedAfter = (facts: DrillFacts): { seconds: number; errorSeconds: number } =>
  secondsUntilSeen(outageIn(facts).said, facts.startedAt, 'w1 NotReady', ({ ready }) => !ready.includes('w1'));

/** Whole seconds from the fault until a moment (milliseconds since the epoch), as the load counted them. */
const secondsOf = (facts: DrillFacts, until: number) =>
  loadIn(facts).seconds.filter(({ at }) => at >= facts.startedAt && at + 1000 <= until);

/** Requests from the fault until a moment, and how many of them failed. @throws where none was sent. */
export function losses(facts: DrillFacts, until: number): { due: number; failed: number } {
  const inside = secondsOf(facts, until);
  const due = inside.reduce((sum, second) => sum + second.due, 0);
  if (due === 0) throw new Error('no request was sent meanwhile');
  return { due, failed: failedInAll(inside) };
}

/** Seconds in which the app was not healthy, and in which nobody could tell, until the consequences were all seen. */
export function unhealthyAfter(facts: DrillFacts): { unhealthySeconds: number; unknownSeconds: number } {
  const judged = secondsOf(facts, bittenAt(facts)).map(isHealthy);
  if (judged.length === 0) throw new Error('no request was sent meanwhile');
  return {
    unhealthySeconds: judged.filter((healthy) => healthy === false).length,
    unknownSeconds: judged.filter((healthy) => healthy === undefined).length,
  };
}
