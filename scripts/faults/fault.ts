import type { Lab } from '../lab/lab.ts';

/**
 * Something broken on purpose on one machine, as three shell scripts that run there as root.
 * `undo` must be safe to run twice, and where nothing was done.
 */
export interface Fault {
  /** The kind's name: `delete-route`, `stop-service`, `cut-traffic`. */
  kind: string;
  machine: string;
  /** What is broken, as a person would say it: "w1 has no route to the pods on w2". */
  title: string;
  inject: string;
  /** Exit code 0 while the fault is in force. */
  proof: string;
  /** Puts it back. Absent where nothing can be undone: then a reset is the way back. */
  undo?: string;
}

/** Why a fault was given up before it was injected, or how it is undone: see journal.ts and inject.ts. */
export interface InjectedFault {
  id: string;
  fault: Fault;
  lab: string;
  injectedAt: string;
}

export interface FaultOptions {
  /** Seconds until the machine itself undoes the fault, unless the lease is renewed. Default 120. */
  leaseSeconds?: number;
  signal?: AbortSignal;
}

export type InjectFault = (lab: Lab, fault: Fault, options?: FaultOptions) => Promise<InjectedFault>;
