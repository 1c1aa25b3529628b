import { withLabLock } from '../lab-lock.ts';
import type { Lab } from '../lab.ts';
import type { ActionReporter } from '../acting.ts';
import { removeFiles, removeMachines } from './remove.ts';
import { joinersOf, withoutJoiners } from './workers.ts';

/**
 * Removes every worker that joined, however far it came, without asking the cluster or a budget: for a reset. What the
 * cluster knows of them is left to `forgetAbsentJoiners`, once it answers, and their routes to the repair of each machine.
 * @returns what was there, in words.
 */
export async function dismissJoiners(
  lab: Lab,
  { signal, reporter }: { signal?: AbortSignal | undefined; reporter: ActionReporter },
): Promise<string[]> {
  return withLabLock(lab.layout.name, { signal, reporter }, async () => {
    const joiners = joinersOf(lab.layout);
    if (joiners.length === 0) return [];
    await removeMachines(lab, joiners, signal);
    await removeFiles(lab, withoutJoiners(lab.layout), joiners);
    return joiners.map(({ name }) => `${name} had joined`);
  });
}
