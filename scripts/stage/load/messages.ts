import type { Door } from '../door.ts';
import type { Second } from './second.ts';
import type { Recent } from './tally.ts';

/** What the thread of the load is given at its start. */
export interface LoadOrder {
  /** Path of vegeta. */
  program: string;
  /** Requests a second. */
  rate: number;
}

/** What it is told later. */
export type LoadCommand = { type: 'doors'; doors: readonly Door[] } | { type: 'stop'; patienceSeconds: number };

/** What it tells. */
export type LoadNews =
  | { type: 'seconds'; seconds: readonly Second[]; recent: Recent }
  /** A generator ended that was not to end. */
  | { type: 'trouble'; says: string }
  /** All have ended, and everything was told. */
  | { type: 'stopped' };
