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

/**
 * Tells every two seconds what is left of the usual time; nothing, once it took longer.
 * @returns what ends it.
 */
export function tellTimeLeft(usualSeconds: number, tell: (secondsLeft: number | undefined) => void): () => void {
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const left = usualSeconds - (performance.now() - startedAt) / 1000;
    tell(left > 1 ? left : undefined);
  }, 2000);
  return () => {
    clearInterval(timer);
  };
}

/** One line for a person: `kubernetes: about 5 min left, from Go modules`. */
export function describeProgress({ component, state, source, secondsLeft, note }: Progress): string {
  if (note !== undefined) return [component, ...(source === undefined ? [] : [source]), note].join(': ');
  const left = secondsLeft === undefined ? [] : [`about ${shownDuration(secondsLeft)} left`];
  const words = [...(state === 'done' ? ['done'] : left), ...(source === undefined ? [] : [`from ${source}`])];
  return `${component}: ${words.join(', ') || state}`;
}

const shownDuration = (seconds: number): string =>
  seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;

/**
 * All that is being made, in one line, for a spinner: the machine image is made beside the programs. What moved last comes
 * first, as the line may be cut off at its end.
 */
export function progressInOneLine(): (progress: Progress) => string {
  const working = new Map<string, Progress>();
  return (progress) => {
    working.delete(progress.component);
    const others = [...working.values()].reverse();
    if (progress.state === 'working' && progress.note === undefined) working.set(progress.component, progress);
    return [progress, ...others].map(describeProgress).join('; ');
  };
}
