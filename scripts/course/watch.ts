import type { Check } from '../checks/verdict.ts';
import type { Lab } from '../lab/lab.ts';
import { allMet, firstNotMet, lookAtAll, sleep, type Sighting } from './look.ts';
import type { CourseEvent } from './ui.ts';

/** Seconds between two rounds of looks. */
const roundSeconds = 0.5;

export interface WatchOptions {
  signal: AbortSignal;
  emit: (event: CourseEvent) => void;
  /** While true, a round neither ends the watch nor is shown: commands run, or the terminal belongs to a shell. */
  busy?: () => boolean;
  /** Seconds that all must stay met without a break before it counts. Default 0. */
  holdSeconds?: number;
  /** Seconds after which it gives up; none by default. */
  deadlineSeconds?: number;
  /** Rounds do not count before this says true. */
  counts?: (sightings: readonly Sighting[]) => boolean;
  onRound?: (sightings: readonly Sighting[]) => void;
}

export type Watched =
  { kind: 'met'; metAt: number; sightings: readonly Sighting[] } | { kind: 'late'; sightings: readonly Sighting[] };

/**
 * Looks again and again until all checks are met in one round and stay so for `holdSeconds`.
 * Emits `awaiting` when the first claim not met, or what was seen of it, changes, and `collapsed` when a hold breaks.
 * @throws the signal's reason.
 */
export async function watch(checks: readonly Check[], lab: Lab, options: WatchOptions): Promise<Watched> {
  const holdSeconds = options.holdSeconds ?? 0;
  const startedAt = Date.now();
  let metSince: number | undefined;
  let shown = '';
  for (;;) {
    const sightings = await lookAtAll(checks, lab, options.signal);
    const now = Date.now();
    options.onRound?.(sightings);
    const quiet = options.busy?.() ?? false;
    const missing = firstNotMet(sightings);
    if (missing) {
      if (metSince !== undefined && holdSeconds > 0 && !quiet) options.emit({ type: 'collapsed', ...missing });
      metSince = undefined;
      const line = JSON.stringify(missing);
      if (line !== shown && !quiet) {
        options.emit({ type: 'awaiting', ...missing });
        shown = line;
      }
    } else if (options.counts?.(sightings) ?? true) {
      metSince ??= now;
      if (!quiet && now - metSince >= holdSeconds * 1000) return { kind: 'met', metAt: metSince, sightings };
    }
    // A hold that began in time may end after the deadline.
    const isLate = options.deadlineSeconds !== undefined && now - startedAt >= options.deadlineSeconds * 1000;
    if (isLate && metSince === undefined) return { kind: 'late', sightings };
    await sleep(roundSeconds, options.signal);
  }
}

/** One look that emits each verdict. Returns whether all were met. */
export async function lookAndTell(
  checks: readonly Check[],
  lab: Lab,
  options: { signal: AbortSignal; emit: (event: CourseEvent) => void },
): Promise<boolean> {
  const sightings = await lookAtAll(checks, lab, options.signal);
  for (const sighting of sightings) options.emit({ type: 'check', ...sighting });
  return allMet(sightings);
}
