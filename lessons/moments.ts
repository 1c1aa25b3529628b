import type { DrillFacts } from '../scripts/course/model.ts';
import type { Sample } from './sampling.ts';

/** Until when a fault was in force at least: its consequences were all seen then. Of a task: when it was reached. */
export const bittenAt = ({ bittenAt: at, metAt }: DrillFacts): number => at ?? metAt;

/**
 * Seconds from a moment (milliseconds since the epoch) until something was first seen, and how far off that may be: it
 * came true at any time after the look before.
 * @throws where it was not seen.
 */
export function secondsUntilSeen<T>(
  samples: readonly Sample<T>[],
  since: number,
  what: string,
  isSo: (saw: T) => boolean,
): { seconds: number; errorSeconds: number } {
  const looks = samples.filter(({ to }) => to >= since);
  const index = looks.findIndex(({ saw }) => isSo(saw));
  const found = looks[index];
  if (!found) throw new Error(`${what} was not seen`);
  const before = Math.max(since, looks[index - 1]?.from ?? since);
  return { seconds: (found.to - since) / 1000, errorSeconds: (found.to - before) / 1000 };
}
