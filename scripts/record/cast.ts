/** `o` is output, `m` a mark that players show. */
export type CastEvent = readonly [seconds: number, kind: 'o' | 'm', data: string];

export interface CastHeader {
  columns: number;
  rows: number;
  title: string;
}

/** Seconds of silence that a player shows at most. */
const idleSeconds = 3;

/** A recording as asciicast v2: https://docs.asciinema.org/manual/asciicast/v2/ */
export function castText({ columns, rows, title }: CastHeader, events: readonly CastEvent[]): string {
  const header = {
    ...{ version: 2, width: columns, height: rows, title, idle_time_limit: idleSeconds },
    env: { TERM: 'xterm-256color', SHELL: '/bin/sh' },
  };
  const lines = events.map(([seconds, kind, data]) => [Math.round(seconds * 1000) / 1000, kind, data]);
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** A screen at one moment. */
export interface Frame {
  caption: string;
  rows: readonly string[];
}

/** Frames as text, one below the other. */
export const framesText = (frames: readonly Frame[], columns: number): string =>
  frames
    .map(({ caption, rows }) => [`## ${caption}`, '-'.repeat(columns), ...rows, '-'.repeat(columns), '', ''].join('\n'))
    .join('');
