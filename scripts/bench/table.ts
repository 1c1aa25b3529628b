import { inWords, median } from './statistics.ts';

/** One thing that was measured in every round. Times in seconds. */
export interface Measured {
  what: string;
  seconds: readonly number[];
  /** The most that it should take. */
  atMostSeconds?: number | undefined;
}

/** A Markdown table: medians, spread, and how many times a bare `docker run` of the same run each is. */
export function timesTable(measured: readonly Measured[], bareSeconds: readonly number[]): string[] {
  const bare = median(bareSeconds);
  const rows = [{ what: 'a bare `docker run` of the machine image', seconds: bareSeconds }, ...measured].map(
    ({ what, seconds, atMostSeconds }: Measured) => {
      const middle = median(seconds);
      const goal =
        atMostSeconds === undefined ? '' : `${middle <= atMostSeconds ? '' : '**missed** '}${inWords(atMostSeconds)}`;
      const spread = `${inWords(Math.min(...seconds))} to ${inWords(Math.max(...seconds))}`;
      return [what, inWords(middle), spread, String(seconds.length), `${(middle / bare).toFixed(2)} x`, goal];
    },
  );
  return markdownTable(['what', 'median', 'from, to', 'times', 'of a bare run', 'at most'], rows);
}

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
