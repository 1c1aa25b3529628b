import { setTimeout as pause } from 'node:timers/promises';

/** Something looked at once, and when. Times are milliseconds since the epoch. */
export interface Sample<T> {
  from: number;
  to: number;
  saw: T;
}

/**
 * Looks again and again until the step ends, and once more after that: what ended the step is seen, too.
 * A look that fails is left out.
 */
export async function sample<T>(
  signal: AbortSignal,
  everySeconds: number,
  look: () => Promise<T>,
): Promise<Sample<T>[]> {
  const samples: Sample<T>[] = [];
  for (;;) {
    const ended = signal.aborted;
    const from = Date.now();
    try {
      const saw = await look();
      samples.push({ from, to: Date.now(), saw });
    } catch {
      // The next look follows in a moment.
    }
    if (ended) return samples;
    const rest = everySeconds * 1000 - (Date.now() - from);
    await pause(Math.max(0, rest), undefined, { signal }).catch(() => undefined);
  }
}

/** Index behind the longest row of looks that saw nothing good: one look may come too late. 0 where there is none. */
export function endOfLongest(looks: readonly Sample<boolean>[]): number {
  let longest = { end: 0, milliseconds: -1 };
  let first: Sample<boolean> | undefined;
  for (const [index, look] of looks.entries()) {
    if (look.saw) {
      first = undefined;
      continue;
    }
    first ??= look;
    if (look.to - first.from > longest.milliseconds) longest = { end: index + 1, milliseconds: look.to - first.from };
  }
  return longest.end;
}

/** The samples that lie wholly between two moments. @throws where there is none: then nothing was measured. */
export function within<T>(observed: unknown, from: number, to: number): T[] {
  const samples = (observed as readonly Sample<T>[] | undefined) ?? [];
  const inside = samples.filter((one) => one.from >= from && one.to <= to).map((one) => one.saw);
  if (inside.length === 0) throw new Error('the fault was mended before anything could be measured');
  return inside;
}
