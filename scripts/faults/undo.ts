import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import { run, type CommandResult } from '../system/run.ts';
import { dieDuring } from './die-at.ts';
import { wayBackFrom, type InjectedFault } from './fault.ts';
import { notThisLab, said } from './answers.ts';
import { prove } from './prove.ts';
import { FaultJournal, type JournalEntry } from './journal.ts';
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
  if (!lab.layout.machines.some(({ name }) => name === fault.machine)) {
    await journal.note(id, 'gone', 'the lab has no such machine any more');
    return 'gone';
  }
  if (wayBackFrom(fault) === 'reset') return resetOnly(lab, entry, journal);

  await journal.note(id, 'undoing');
  const done = await dieDuring('mid-undo', () => runUndo(lab, entry));
  if (done.exitCode === exits.notOurs) throw notThisLab(fault.machine);
  if (done.exitCode !== 0) {
    throw new FiredrillError(`It could not be undone: ${fault.title}. ${said(done)}`, {
      code: 'fault-undo-failed',
      remedy: `Run 'firedrill faults undo ${id}' again. If it fails again, 'firedrill reset' brings the lab back.`,
    });
  }
  const outcome = outcomeIn(done.stdout);
  await journal.note(id, outcome === 'gone' ? 'gone' : 'undone', outcome);
  return outcome;
}

async function runUndo(lab: Lab, entry: JournalEntry): Promise<CommandResult> {
  const { id, fault, boot } = entry;
  const onHost = fault.onHost?.undo;
  if (!onHost) {
    const script = undoScript(lab.layout.name, id, fault.undo ?? '', boot);
    return lab.on(fault.machine, script, { timeoutSeconds: workSeconds });
  }
  const done = await run(onHost[0] ?? '', onHost.slice(1), {
    env: lab.shellEnvironment(),
    timeoutSeconds: workSeconds,
  });
  const isStillInForce = done.exitCode === 0 && (await prove(lab, entry)).exitCode === 0;
  return isStillInForce ? { ...done, exitCode: exits.undoFailed } : done;
}

const outcomeIn = (stdout: string): UndoOutcome => {
  const word = stdout.trim().split('\n').at(-1);
  return word === 'already' || word === 'gone' ? word : 'undone';
};

/** Nothing can undo it. Only one that never came to be can be closed: its proof says no (exit code 1) by itself. */
async function resetOnly(lab: Lab, entry: JournalEntry, journal: FaultJournal): Promise<UndoOutcome> {
  if (entry.state === 'planned' && (await prove(lab, entry)).exitCode === 1) {
    await journal.note(entry.id, 'undone', 'it was never injected');
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
  if (!(await journal.open()).some((entry) => entry.id === id)) return 'expired';
  if (wayBackFrom(fault) !== 'lease') return 'held';
  const answer = await lab.on(fault.machine, renewScript(lab.layout.name, id, leaseSeconds), {
    timeoutSeconds: workSeconds,
  });
  if (answer.exitCode === exits.notOurs) throw notThisLab(fault.machine);
  if (answer.exitCode !== 0) {
    throw new FiredrillError(`The lease of a fault could not be renewed: ${fault.title}. ${said(answer)}`, {
      code: 'fault-not-renewed',
      remedy: `Run 'firedrill faults undo ${id}', and start the drill again.`,
    });
  }
  if (answer.stdout.trim() === 'held') return 'held';
  await journal.note(id, 'undone', 'its lease expired');
  return 'expired';
}
