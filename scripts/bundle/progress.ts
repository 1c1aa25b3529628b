/** What one component of the bundle is at. */
export interface Progress {
  /** Name of the component, `machine image`, `images`, or `lock` while another run is waited for. */
  component: string;
  state: 'waiting' | 'working' | 'done';
  /** Where it comes from: a mirror, `cache`, `official release`, `Go modules`. */
  source?: string;
  /** Seconds it took so far. */
  seconds: number;
  /** Seconds until the component is there; an estimate. */
  secondsLeft?: number;
  /** Something to tell once: a source that failed and why, or who is waited for. */
  note?: string;
}

export type OnProgress = (progress: Progress) => void;

/** Seconds left from the share that is done (0 to 1) and the seconds that it took; undefined while that would be a guess. */
export const secondsLeftFrom = (share: number, seconds: number): number | undefined =>
  share >= 0.02 && seconds >= 0.5 ? Math.max(0, seconds / share - seconds) : undefined;
