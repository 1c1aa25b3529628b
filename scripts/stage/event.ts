/** What can happen on the stage. `explains` in causes.ts says for which of them requests may fail, and for how long. */
export type EventKind =
  | 'fault-on'
  | 'fault-off'
  | 'machine-off'
  | 'machine-on'
  | 'node-joined'
  | 'node-left'
  | 'node-not-ready'
  | 'node-ready'
  | 'node-version'
  | 'cordoned'
  | 'uncordoned'
  | 'door-opened'
  | 'door-closed'
  | 'pod-made'
  | 'pod-ready'
  | 'pod-unready'
  | 'pod-restarted'
  | 'pod-ending'
  | 'pod-gone'
  | 'no-pods'
  | 'leader'
  | 'no-leader'
  | 'member-silent'
  | 'member-back'
  | 'api-silent'
  | 'api-answers'
  | 'generator';

/** Something that was seen to happen. */
export interface News {
  kind: EventKind;
  /** The machine on which it happened. */
  machine?: string;
  /** The pod, or the fault (its id), that it happened to. */
  subject?: string;
  /** In words. It may hold what the cluster said: whoever shows it must escape it. */
  says: string;
  /** Where a node left or has another version: the app's pods that stayed on it all the time. Absent where there were none. */
  podsLeft?: readonly string[];
  /** When it happened, in milliseconds since the epoch, where that is known; else when it was seen. */
  at?: number;
}

export interface StageEvent extends News {
  /** Number of the event in its run, from 1. */
  id: number;
  at: number;
  /** Number of the event of which this one is a consequence: a pod ends because its machine lost its power. */
  because?: number;
}
