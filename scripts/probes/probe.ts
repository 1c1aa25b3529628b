/** `unknown` is what nobody can tell: a node's condition while the API server is silent. */
export type State = 'ok' | 'failed' | 'unknown';

/** What a probe saw at one moment. */
export interface Reading {
  /** Name of what was looked at: `API write`, `etcd e2`, `node w1`. */
  probe: string;
  state: State;
  /** What else is worth a line when it changes: `leads, term 3`; or why it failed. */
  says?: string;
  /** Revision of an etcd member. It changes all the time, so it makes no line of its own. */
  revision?: number;
}

/** Asks one thing that may tell about several. An answer that does not come is thrown, and makes all of them `failed`. */
export interface Probe {
  names: readonly string[];
  ask(): Promise<readonly Reading[]>;
  /** Removes what the probe left on the lab. Never throws. */
  end?(): Promise<void>;
}

/** A line of the samples file. Written when something changed, and once a second. */
export interface SampleLine {
  /** When it was asked, ISO 8601. */
  at: string;
  type: 'probe';
  probe: string;
  state: State;
  says?: string;
  revision?: number;
  /** Milliseconds until the answer. */
  ms: number;
  /** Milliseconds since the sample before was sent: what the time of a change may be wrong by. */
  gapMs: number;
}

/** The last line of a recording: what was measured, and what measuring cost. */
export interface SummaryLine {
  at: string;
  type: 'probes-summary';
  seconds: number;
  probes: readonly { probe: string; samples: number; failed: number; p50Ms: number; p99Ms: number; maxMs: number }[];
  /**
   * CPU time of all that asks, as a share of one core: the thread, the shell on a machine that asks DNS, and the ssh that
   * carries its answers (where the system has /proc). What answering costs the machines is not in it.
   */
  cores: number;
}

/** Share of one core above which the load of measuring may falsify what is measured. */
export const tooCostly = 0.05;
