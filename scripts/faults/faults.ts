import type { Lab } from '../lab/lab.ts';
import { checkpointPath, forgetCheckpoint } from '../lab/repair/checkpoint.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { wayBackFrom, type Fault, type FaultOptions, type InjectedFault } from './fault.ts';
import { inject } from './inject.ts';
import { FaultJournal, type JournalEntry } from './journal.ts';
import { renew, undo, type UndoOutcome } from './undo.ts';

export type UndoReport = { injected: JournalEntry } & (
  { outcome: UndoOutcome } | { outcome: 'needs-reset' | 'failed'; error: FiredrillError }
);

export interface Faults {
  inject(fault: Fault, options?: FaultOptions): Promise<InjectedFault>;
  renew(injected: InjectedFault): Promise<'held' | 'expired'>;
  undo(injected: InjectedFault): Promise<UndoOutcome>;
  /** Undoes what is open, the latest first; one that fails does not keep the others from being undone. */
  undoAll(): Promise<UndoReport[]>;
  /** What the journal holds as not yet undone. It asks no machine: a lease may have undone it meanwhile. */
  open(): Promise<JournalEntry[]>;
  /** Closes whatever is open after a reset or a rebuild has replaced what was broken. */
  closeAfterReset(): Promise<void>;
}

/**
 * The checkpoint to which a reset goes back from faults that nothing else undoes: it was taken before the first of them,
 * so that it has what all of them lack. Undefined where there is none.
 */
export function checkpointBefore(lab: Pick<Lab, 'folder'>, open: readonly InjectedFault[]): string | undefined {
  const first = open.find(({ fault }) => wayBackFrom(fault) === 'reset');
  return first && checkpointPath(lab, first.id);
}

/** The faults of one lab. It keeps nothing in memory: another process sees and undoes the same. */
export function createFaults(lab: Lab): Faults {
  const journal = new FaultJournal(lab.folder);
  const attempt = async (injected: JournalEntry): Promise<UndoReport> => {
    try {
      return { injected, outcome: await undo(lab, injected) };
    } catch (thrown) {
      const error = asFiredrillError(thrown, injected);
      return { injected, outcome: error.code === 'fault-needs-reset' ? 'needs-reset' : 'failed', error };
    }
  };
  return {
    inject: (fault, options) => inject(lab, fault, options),
    renew: (injected) => renew(lab, injected),
    undo: (injected) => undo(lab, injected),
    open: () => journal.open(),
    async undoAll() {
      const reports: UndoReport[] = [];
      // The latest first: a machine that lost its power after another fault must be on again to be mended.
      for (const injected of (await journal.open()).reverse()) reports.push(await attempt(injected));
      return reports;
    },
    async closeAfterReset() {
      for (const { id } of await journal.open()) {
        await journal.note(id, 'undone', 'by a reset');
        await forgetCheckpoint(checkpointPath(lab, id));
      }
    },
  };
}

const asFiredrillError = (thrown: unknown, { id }: JournalEntry): FiredrillError =>
  thrown instanceof FiredrillError
    ? thrown
    : new FiredrillError(messageOf(thrown), {
        code: 'fault-undo-failed',
        remedy: `Run 'firedrill faults undo ${id}' again.`,
        cause: thrown,
      });
