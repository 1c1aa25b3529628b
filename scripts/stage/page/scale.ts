// What charts are computed with. Nothing here touches the page.

export interface Drawn {
  /** Its beginning, in milliseconds since the epoch. */
  at: number;
  /** How long it is, where it is more than a second. */
  seconds?: number;
  due: number;
  answered: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
}

/** Where a picture has room: the rest is for the words on its axes. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  from: number;
  to: number;
  most: number;
}

export const secondMs = 1000;
/** More columns cannot be told apart. */
const mostColumns = 450;

export const xOf = ({ left, right, from, to }: Frame, at: number): number =>
  left + ((at - from) / (to - from)) * (right - left);
export const yOf = ({ top, bottom, most }: Frame, value: number): number =>
  bottom - (Math.min(value, most) / most) * (bottom - top);

/** The next round number: 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, ... */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  const steps = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];
  return steps.map((step) => step * power).find((rounded) => rounded >= value) ?? 10 * power;
}

/**
 * No more columns than can be told apart: several seconds become one. Requests are a second's in the middle of them, but
 * that some failed stays to be seen; latencies are the worst of them.
 */
export function binned(seconds: readonly Drawn[], span: number): Drawn[] {
  const size = Math.max(1, Math.ceil(span / mostColumns));
  if (size === 1) return [...seconds];
  const bins = Map.groupBy(seconds, ({ at }) => Math.floor(at / (size * secondMs)) * size * secondMs);
  return [...bins].map(([at, inside]) => {
    const mean = (of: (second: Drawn) => number): number =>
      inside.reduce((sum, one) => sum + of(one), 0) / inside.length;
    const worst = (of: (second: Drawn) => number): number => Math.max(...inside.map(of));
    return {
      at,
      seconds: size,
      due: mean(({ due }) => due),
      answered: mean(({ answered }) => answered),
      failed: mean(({ failed }) => failed),
      p50Ms: worst(({ p50Ms }) => p50Ms),
      p99Ms: worst(({ p99Ms }) => p99Ms),
    };
  });
}

/**
 * The points of a curve in pieces: where more than `gapMs` is missing, it is broken, not drawn over.
 * @returns the attribute `d` of a path
 */
export function pathOf(frame: Frame, points: readonly { at: number; value: number }[], gapMs = 2 * secondMs): string {
  let before = -Infinity;
  return points
    .map(({ at, value }) => {
      const command = at - before > gapMs ? 'M' : 'L';
      before = at;
      return `${command}${xOf(frame, at).toFixed(1)} ${yOf(frame, value).toFixed(1)}`;
    })
    .join('');
}
