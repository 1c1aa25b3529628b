import type { Lab } from '../lab/lab.ts';

/**
 * Something broken on purpose on one machine, as three shell scripts that run there as root (`sh -eu`).
 * `undo` must be safe to run twice, and where nothing was done.
 *
 * The scripts are given three variables: `FAULT_ID`; `FAULT_DIR`, a folder that is gone after a reboot, for what a
 * reboot undoes anyway; and `KEPT`, the path of a folder that survives a reboot (the script makes it).
 */
export interface Fault {
  /** The kind's name: `delete-route`, `stop-service`, `cut-traffic`. */
  kind: string;
  machine: string;
  /** Other machines to which the same is done in the same moment: the scripts run on each of them, with a lease there. */
  others?: readonly string[];
  /** What is broken, as a person would say it: "w1 has no route to the pods on w2". */
  title: string;
  inject: string;
  /** Exit code 0 while the fault is in force. */
  proof: string;
  /** Puts it back. Absent where nothing can be undone: then a reset is the way back. */
  undo?: string;
  /** Commands on the host instead of the scripts above (which are then empty), with the learner's environment. */
  onHost?: HostCommands;
}

/** Programs with their arguments, for what a machine cannot do to itself: losing its power. */
export interface HostCommands {
  inject: readonly string[];
  /** Exit code 0 while the fault is in force. */
  proof: readonly string[];
  undo?: readonly string[];
}

export const machinesOf = ({ machine, others = [] }: Pick<Fault, 'machine' | 'others'>): string[] => [
  machine,
  ...others,
];

/**
 * What brings a lab back from a fault: `lease`, the machine itself when the lease ends (or `undo` before), and where it
 * is off, a process of its own on the host; `reset`, because nothing can be undone.
 */
export type WayBack = 'lease' | 'reset';

export const wayBackFrom = (fault: Fault): WayBack => ((fault.onHost ?? fault).undo === undefined ? 'reset' : 'lease');

/**
 * `planned`: journaled, perhaps in force. `undone`: nothing is left of it. `gone`: its machine was rebooted or
 * destroyed, and the fault with it.
 */
export type FaultState = 'planned' | 'injected' | 'undoing' | 'undone' | 'gone';

/** A fault that is in the journal: see journal.ts and inject.ts. */
export interface InjectedFault {
  id: string;
  fault: Fault;
  lab: string;
  injectedAt: string;
  leaseSeconds: number;
}

export interface FaultOptions {
  /** Seconds until the machine itself undoes the fault, unless the lease is renewed. Default 120. */
  leaseSeconds?: number;
  signal?: AbortSignal;
}

export type InjectFault = (lab: Lab, fault: Fault, options?: FaultOptions) => Promise<InjectedFault>;
