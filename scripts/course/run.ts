import type { Fault, FaultOptions, InjectedFault } from '../faults/fault.ts';
import type { Lab } from '../lab/lab.ts';
import type { FiredrillError } from '../system/errors.ts';
import type { LoadedLesson, Page } from './model.ts';
import type { Ui } from './ui.ts';

/** What a drill needs of faults. */
export interface DrillFaults {
  inject(fault: Fault, options?: FaultOptions): Promise<InjectedFault>;
  renew(injected: InjectedFault): Promise<'held' | 'expired'>;
  undo(injected: InjectedFault): Promise<unknown>;
  /** What may still be in force, from this process or another. */
  open(): Promise<readonly InjectedFault[]>;
  undoAll(): Promise<readonly UndoneFault[]>;
}

/** What became of a fault that was to be undone. */
export interface UndoneFault {
  injected: InjectedFault;
  /** `already`: its lease, or another process, was first. */
  outcome: string;
  /** Why it is still in force. */
  error?: FiredrillError;
}

/** One run through one lesson: what its steps are given. */
export interface LessonRun {
  lesson: LoadedLesson;
  ui: Ui;
  lab: Lab;
  faults: DrillFaults;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Seconds to wait for a state before it counts as not reached. Longer on a slow computer. Default 90. */
  patienceSeconds?: number;
  /** A task whose goal holds already is done all the same: somebody shows it again. Default: it is passed over. */
  doesAgain?: boolean;
  /** Looks up which lesson was begun on this lab before, if another one: what it left goes first. Default: nobody keeps that. */
  begunBefore?: () => Promise<LoadedLesson | undefined>;
  /** Bets on a page that were made before its step was left, by the id of their prediction. Default: nobody keeps them. */
  betsBefore?: ((page: Page) => Readonly<Record<string, string>>) | undefined;
}

export const patienceOf = (run: LessonRun): number => run.patienceSeconds ?? 90;

/** How a step ended. */
export type StepEnd = { kind: 'reached' } | { kind: 'failed'; why: string } | { kind: 'back' } | { kind: 'quit' };
