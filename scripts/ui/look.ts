import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** How text is to look: for which width, with escape codes or without, and whether a screen reader reads it. */
export interface Look {
  columns: number;
  colour: boolean;
  accessible: boolean;
}

export interface Styles {
  strong: (text: string) => string;
  faint: (text: string) => string;
  emphasis: (text: string) => string;
  code: (text: string) => string;
  good: (text: string) => string;
  bad: (text: string) => string;
  warning: (text: string) => string;
  alarm: (text: string) => string;
}

/** Functions that style a text, or leave it as it is where there is no colour. */
export function stylesFor(look: Pick<Look, 'colour'>): Styles {
  const style = (format: Format) => (text: string) =>
    look.colour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    strong: style('bold'),
    faint: style('dim'),
    emphasis: style('italic'),
    code: style('cyan'),
    good: style('green'),
    bad: style('red'),
    warning: style('yellow'),
    alarm: style(['bold', 'inverse']),
  };
}

interface Terminalish {
  isTTY?: boolean;
  columns?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether to write colours: never without a terminal, nor where NO_COLOR is set (https://no-color.org). */
export const wantsColour = (output: Terminalish, environment: Environment = process.env): boolean =>
  output.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';

/** Whether to avoid everything that a screen reader or a dumb terminal cannot follow: `ACCESSIBLE=1`. */
export function wantsAccessible(environment: Environment = process.env): boolean {
  const value = environment['ACCESSIBLE'];
  return (value !== undefined && value !== '' && value !== '0') || environment['TERM'] === 'dumb';
}

/** Columns to write for. Lines of more than 120 characters are hard to read, however wide the terminal is. */
export function columnsOf(output: object): number {
  const columns = 'columns' in output && typeof output.columns === 'number' ? output.columns : 0;
  return columns > 0 ? Math.min(columns, 120) : 80;
}

/** A duration for people: `0.4 s`, `42 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
