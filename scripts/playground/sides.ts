import type { Place } from './place.ts';

/** `p1,p2 from p3,p4,p5` as two lists of names. Without `from`, the other side is all the rest. Pure. */
export function twoSides(words: readonly string[], place: Place): [string[], string[]] {
  const names = words.flatMap((word) => word.split(',')).filter((name) => name !== '');
  const at = names.indexOf('from');
  if (at >= 0) return [names.slice(0, at), names.slice(at + 1)];
  return [names, place.machines.map(({ name }) => name).filter((name) => !names.includes(name))];
}
