import type { Burst, Bursts } from './flat-out.ts';

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

/** What the app can do, from what it answered while it was asked flat out. @throws where too little was seen. */
export function capacityOf({ answers }: Burst): Capacity {
  const first = answers[0]?.at ?? 0;
  const end = answers.at(-1)?.at ?? 0;
  const counted = answers.filter(({ at }) => at >= first + warmMilliseconds && at < end);
  const milliseconds = end - first - warmMilliseconds;
  if (milliseconds < leastMilliseconds) throw new Error('the app answered for too short a time');
  return { perSecond: (counted.length / milliseconds) * 1000, pods: new Set(counted.map(({ pod }) => pod)).size };
}

/** @throws where it was not measured, or with no more pods than before. */
export function growthIn(observed: unknown): { before: Capacity; after: Capacity } {
  const bursts = observed as Bursts | undefined;
  if (!bursts) throw new Error('nobody measured');
  const [before, after] = [capacityOf(bursts.before), capacityOf(bursts.after)];
  if (after.pods <= before.pods) throw new Error(`${before.pods} pods answered before, and ${after.pods} afterwards`);
  return { before, after };
}
