import type { Answer, Burst, Bursts } from './flat-out.ts';

/** Milliseconds at the beginning that do not count: connections are opened then. */
const warmMilliseconds = 500;
/** Milliseconds that must be left. A limit is given out in portions, ten a second, so that less would tell little. */
const leastMilliseconds = 1000;

export interface Capacity {
  /** Answers a second. */
  perSecond: number;
  /** Pods that gave them. */
  pods: number;
}

/**
 * What the app can do, from what it answered while it was asked flat out, up to the moment when a pod began to answer
 * that did not before: what belongs to one number of pods only. @throws where too little was seen.
 */
export function capacityOf({ answers }: Burst): Capacity {
  const first = answers[0]?.at ?? 0;
  const known = new Set(answers.filter(({ at }) => at < first + warmMilliseconds).map(({ pod }) => pod));
  const end = answers.find(({ pod }) => !known.has(pod))?.at ?? answers.at(-1)?.at ?? 0;
  const inside = ({ at }: Answer): boolean => at >= first + warmMilliseconds && at < end;
  const milliseconds = end - first - warmMilliseconds;
  if (milliseconds < leastMilliseconds) throw new Error('the app answered for too short a time');
  return { perSecond: (answers.filter(inside).length / milliseconds) * 1000, pods: known.size };
}

/** @throws where it was not measured, or with no more pods than before. */
export function growthIn(observed: unknown): { before: Capacity; after: Capacity } {
  const bursts = observed as Bursts | undefined;
  if (!bursts) throw new Error('nobody measured');
  const [before, after] = [capacityOf(bursts.before), capacityOf(bursts.after)];
  if (after.pods <= before.pods) throw new Error(`${before.pods} pods answered before, and ${after.pods} afterwards`);
  return { before, after };
}
