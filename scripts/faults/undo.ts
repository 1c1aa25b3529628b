import type { Lab } from '../lab/lab.ts';
import { checkpointPath, forgetCheckpoint } from '../lab/repair/checkpoint.ts';
import { FiredrillError } from '../system/errors.ts';
import { dieDuring } from './die-at.ts';
import { failedIn, onEach, type Answer } from './everywhere.ts';
import { machinesOf, wayBackFrom, type InjectedFault } from './fault.ts';
import { notThisLab, said } from './answers.ts';
import { prove } from './prove.ts';
import { FaultJournal, type JournalEntry } from './journal.ts';
import { renewOnHost, undoOnHost } from './on-host.ts';
import { exits, renewScript, undoScript, workSeconds } from './on-machine.ts';

/**
 * What an undo found: it put it back; `already` put back (by the lease, another process, or never injected);
 * or `gone` with its machine.
 */
export type UndoOutcome = 'undone' | 'already' | 'gone';

/**
 * Puts a fault back. Safe to run twice, and beside the lease or another process: exactly one does it.
 * @throws FiredrillError `fault-needs-reset`, `fault-undo-failed`, `not-this-lab`, and what `Lab.on` throws: then the
 *   fault stays in the journal.
 */
export async function undo(lab: Lab, { id, fault }: InjectedFault): Promise<UndoOutcome> {
  const journal = new FaultJournal(lab.folder);
  const entry = (await journal.entries()).find((one) => one.id === id);
  if (!entry || entry.state === 'undone') return 'already';
  if (entry.state === 'gone') return 'gone';
  if (machinesLeft(lab, entry).length === 0) {
    await journal.note(id, 'gone', 'the lab has no such machine any more');
    return 'gone';
  }
  if (wayBackFrom(fault) === 'reset') return resetOnly(lab, entry, journal);

  await journal.note(id, 'undoing');
  const done = await dieDuring('mid-undo', () => runUndo(lab, entry));
  const failed = failedIn(done);
  if (failed?.exitCode === exits.notOurs) throw notThisLab(failed.machine);
  if (failed) {
    throw new FiredrillError(`It could not be undone: ${fault.title}. ${said(failed)}`, {
      code: 'fault-undo-failed',
      remedy: `Run 'firedrill faults undo ${id}' again. If it fails again, 'firedrill reset' brings the lab back.`,
    });
  }
  const outcome = outcomeOf(done);
  await journal.note(id, outcome === 'gone' ? 'gone' : 'undone', outcome);
  return outcome;
}

/** The fault's machines that the lab still has. */
const machinesLeft = (lab: Lab, { fault }: InjectedFault): string[] =>
  machinesOf(fault).filter((name) => lab.layout.machines.some((machine) => machine.name === name));

async function runUndo(lab: Lab, entry: JournalEntry): Promise<Answer[]> {
  const { id, fault } = entry;
  const onHost = fault.onHost?.undo;
  if (!onHost) return undoOn(lab, entry, machinesLeft(lab, entry));
  const done = { machine: fault.machine, ...(await undoOnHost(lab, id, onHost)) };
  const isStillInForce = done.exitCode === 0 && (await prove(lab, entry)).exitCode === 0;
  return [isStillInForce ? { ...done, exitCode: exits.undoFailed } : done];
}

function undoOn(lab: Lab, { id, fault, boot }: JournalEntry, machines: readonly string[]): Promise<Answer[]> {
  const boots = boot.split(' ');
  const bootOf = (machine: string): string => boots[machinesOf(fault).indexOf(machine)] ?? '';
  const script = (machine: string): string => undoScript(lab.layout.name, id, fault.undo ?? '', bootOf(machine));
  return onEach(lab, machines, script, { timeoutSeconds: workSeconds });
}

/** On several machines: `gone` only where it is gone with all, `undone` where one was left to undo. */
function outcomeOf(answers: readonly Answer[]): UndoOutcome {
  const words = answers.map(({ stdout }) => stdout.trim().split('\n').at(-1));
  if (words.every((word) => word === 'gone')) return 'gone';
  return words.every((word) => word === 'already' || word === 'gone') ? 'already' : 'undone';
}

/** Nothing can undo it. Only one that never came to be can be closed: its proof says no (exit code 1) by itself. */
async function resetOnly(lab: Lab, entry: JournalEntry, journal: FaultJournal): Promise<UndoOutcome> {
  if (entry.state === 'planned' && (await prove(lab, entry)).exitCode === 1) {
    await journal.note(entry.id, 'undone', 'it was never injected');
    await forgetCheckpoint(checkpointPath(lab, entry.id));
    return 'already';
  }
  throw new FiredrillError(`Nothing can undo this: ${entry.fault.title}.`, {
    code: 'fault-needs-reset',
    remedy: "Run 'firedrill reset': it brings the lab back to the start of the lesson.",
  });
}

/**
 * Keeps a fault for another lease.
 * @returns `expired` where the machine has undone it meanwhile (a laptop that slept, a reboot): the drill is void.
 */
export async function renew(lab: Lab, { id, fault, leaseSeconds }: InjectedFault): Promise<'held' | 'expired'> {
  const journal = new FaultJournal(lab.folder);
  const entry = (await journal.open()).find((one) => one.id === id);
  if (!entry) return 'expired';
  if (wayBackFrom(fault) === 'reset') return 'held';
  const held = fault.onHost ? await renewOnHost(lab, id, leaseSeconds) : await renewOnMachines(lab, entry);
  if (held) return 'held';
  // What one machine has undone is undone on all.
  if (fault.onHost || fault.others) await undo(lab, entry);
  else await journal.note(id, 'undone', 'its lease expired');
  return 'expired';
}

async function renewOnMachines(lab: Lab, { id, fault, leaseSeconds }: JournalEntry): Promise<boolean> {
  const script = renewScript(lab.layout.name, id, leaseSeconds);
  const answers = await onEach(lab, machinesOf(fault), () => script, { timeoutSeconds: workSeconds });
  const failed = failedIn(answers);
  if (failed?.exitCode === exits.notOurs) throw notThisLab(failed.machine);
  if (failed) {
    throw new FiredrillError(`The lease of a fault could not be renewed: ${fault.title}. ${said(failed)}`, {
      code: 'fault-not-renewed',
      remedy: `Run 'firedrill faults undo ${id}', and start the drill again.`,
    });
  }
  return answers.every(({ stdout }) => stdout.trim() === 'held');
}
