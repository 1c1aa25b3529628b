import { FiredrillError } from '../../system/errors.ts';
import { firstNumber, hasRole, joins, machineAt, type Layout, type Machine } from '../layout.ts';

/** Room in addresses and ports, and enough for a lesson: each takes about 120 MB of memory. */
export const mostWorkers = 9;

/** Workers of the first boot, which never leave: `w1` and `w2`, and `w3` in size ha. */
export const fewestWorkers = ({ machines }: Layout): number =>
  machines.filter((machine) => hasRole(machine, 'worker') && !joins(machine)).length;

/** The same lab with so many workers. Numbers follow each other, so the highest leave first. */
export function withWorkers(layout: Layout, count: number): Layout {
  const first = fewestWorkers(layout);
  const stay = layout.machines.filter((machine) => !joins(machine));
  const joiners = Array.from({ length: Math.max(0, count - first) }, (_, index): Machine => {
    const place = first + index;
    return { ...machineAt(layout, `w${place + 1}`, ['worker'], firstNumber.worker + place), joined: true };
  });
  return { ...layout, machines: [...stay, ...joiners] };
}

/** The lab as it was booted first. */
export const withoutJoiners = (layout: Layout): Layout => withWorkers(layout, 0);

/** Machines that came after the first boot, the lowest number first. */
export const joinersOf = (layout: Layout): Machine[] =>
  layout.machines.filter(joins).toSorted((one, other) => one.number - other.number);

/** Machines that could have joined, and are none of the lab's now: what is found of them is left over. */
export function absentJoiners(layout: Layout): Machine[] {
  const present = new Set(layout.machines.map(({ name }) => name));
  return joinersOf(withWorkers(layout, mostWorkers)).filter(({ name }) => !present.has(name));
}

export const namesOf = (machines: readonly Machine[]): string => machines.map(({ name }) => name).join(', ');

/** @throws FiredrillError `cannot-scale`, `bad-worker-count`. */
export function requireScalable(layout: Layout, count: number): void {
  if (layout.size === 'single') {
    throw new FiredrillError('A lab of size single has no workers of their own that others could join.', {
      code: 'cannot-scale',
      remedy: "Boot one that has: 'npx firedrill lab destroy', then 'npx firedrill lab up'.",
      exitCode: 2,
    });
  }
  const fewest = fewestWorkers(layout);
  if (!Number.isInteger(count) || count < fewest || count > mostWorkers) {
    throw new FiredrillError(`A lab of size ${layout.size} cannot have ${count} workers.`, {
      code: 'bad-worker-count',
      remedy: `Name a number from ${fewest} to ${mostWorkers}. Workers of the first boot never leave.`,
      exitCode: 2,
    });
  }
}
