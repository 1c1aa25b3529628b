import type { Lab } from '../lab/lab.ts';
import { lives } from '../system/lock.ts';
import { FaultJournal } from './journal.ts';
import { listScript } from './on-machine.ts';

/** What is in force, or may be: see `FaultFacts` of scripts/setup/doctor.ts. */
export interface FaultsLeft {
  running: string[];
  orphans: { id: string; title: string }[];
  unknown: string[];
}

/**
 * The faults that nobody has undone: in the journal, told apart by whether their program lives, and on those machines
 * that are asked. One that does not answer tells of none.
 */
export async function faultsLeft(
  lab: Pick<Lab, 'folder' | 'layout' | 'on'>,
  machines: readonly string[],
): Promise<FaultsLeft> {
  const found = await Promise.all(machines.map((machine) => idsOn(lab, machine)));
  // Read afterwards: a fault is journaled before it is on a machine.
  const open = await new FaultJournal(lab.folder).open();
  const left: FaultsLeft = { running: [], orphans: [], unknown: [] };
  for (const { id, fault, owner } of open) {
    if (owner && (await lives(owner.pid, owner.started))) left.running.push(fault.title);
    else left.orphans.push({ id, title: fault.title });
  }
  for (const [index, ids] of found.entries()) {
    const strange = ids.filter((id) => !open.some((entry) => entry.id === id));
    left.unknown.push(...strange.map((id) => `${machines[index] ?? ''} (${id})`));
  }
  return left;
}

async function idsOn(lab: Pick<Lab, 'layout' | 'on'>, machine: string): Promise<string[]> {
  try {
    const { stdout } = await lab.on(machine, listScript(lab.layout.name), { timeoutSeconds: 5 });
    return stdout.split('\n').filter((id) => id !== '');
  } catch {
    return [];
  }
}
