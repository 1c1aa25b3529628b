import type { TaskKey } from '../course/ui.ts';
import { stylesFor, type Look } from './look.ts';
import { hanging, visibleWidth, wrap } from './wrap.ts';

interface KeyHelp<Meaning extends string> {
  /** Its name as Keyboard gives it. */
  key: string;
  means: Meaning;
  says: string;
  explains: string;
}

/** Enter is not among them: nothing must run, or be skipped, by accident. */
export const taskKeys: readonly KeyHelp<TaskKey>[] = [
  { key: 'r', means: 'run', says: 'run', explains: 'run the commands of this step for me, and show what they say' },
  { key: 's', means: 'shell', says: 'shell', explains: 'open a shell that talks to the lab, to type commands myself' },
  { key: 'h', means: 'hint', says: 'hint', explains: 'give me a hint; each further one says more' },
  { key: 'k', means: 'skip', says: 'skip', explains: 'do it for me and go on; it counts as skipped' },
  { key: 'b', means: 'back', says: 'back', explains: 'go back to the step before' },
  { key: 'q', means: 'quit', says: 'quit', explains: 'leave; the next start goes on at this step' },
];

/** What the terminal answers by itself in an open task, which goes on meanwhile. */
const readingKeys = [
  { key: 'p', says: 'page', explains: 'show me the page of this step once more' },
  { key: '?', says: 'help', explains: 'say what each key does' },
] as const;

const nextKeys: readonly KeyHelp<'next' | 'back' | 'quit'>[] = [
  { key: 'return', means: 'next', says: 'go on', explains: 'go on' },
  { key: 'b', means: 'back', says: 'back', explains: 'go back to the step before' },
  { key: 'q', means: 'quit', says: 'quit', explains: 'leave; the next start goes on here' },
];

/** The keys after a page: `extra` where it has commands that can be tried. */
export const nextKeysWith = (
  extra: readonly ('run' | 'shell')[],
): readonly KeyHelp<'next' | 'back' | 'quit' | 'run' | 'shell'>[] => {
  const [goOn, ...others] = nextKeys;
  const offered = taskKeys.flatMap((help) =>
    (help.means === 'run' || help.means === 'shell') && extra.includes(help.means)
      ? [{ ...help, means: help.means }]
      : [],
  );
  return [...(goOn ? [goOn] : []), ...offered, ...others];
};

const shownKey = (key: string): string => (key === 'return' ? 'Enter' : key);

/** The keys in a line, or in two where the terminal is narrow. */
export function keyLines(keys: readonly KeyHelp<string>[], look: Look): string[] {
  const styles = stylesFor(look);
  const reading = keys.some(({ key }) => key === 'h') ? readingKeys : [];
  const parts = [...keys, ...reading].map(({ key, says }) => `${styles.strong(`[${shownKey(key)}]`)} ${says}`);
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    if (line !== undefined && visibleWidth(line) + 2 + visibleWidth(part) <= look.columns) {
      lines[lines.length - 1] = `${line}  ${part}`;
    } else lines.push(part);
  }
  return lines;
}

/** What each key of an open task does. */
export const helpLines = (look: Look): string[] => [
  '',
  ...[...taskKeys, ...readingKeys].flatMap(({ key, explains }) =>
    hanging(`  ${key}  `, wrap(explains, look.columns - 5)),
  ),
  ...wrap(
    'Any other way to reach the goal is as good: the program looks at the lab, not at what was typed.',
    look.columns,
  ),
];

/** The lines that are drawn again and again: what is awaited, and in an open task also its name and the keys. */
export function liveLines(awaited: readonly string[], openStep: string | undefined, look: Look): string[] {
  // Room for the spinner and for the indent.
  const most = look.columns - 3;
  const lines = openStep === undefined ? awaited : [openStep, ...awaited];
  const indented = lines
    .flatMap((line) => shortened(line, most))
    .map((line, index) => (index === 0 ? line : `  ${line}`));
  if (openStep === undefined) return indented;
  const [step = '', ...rest] = indented;
  return [stylesFor(look).strong(step), ...rest, ...keyLines(taskKeys, look)];
}

/** A text in at most two lines: what is drawn again and again must not push away what was read. */
function shortened(text: string, columns: number): string[] {
  const cut = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
  const [first = '', second, ...more] = wrap(text, columns);
  const shown = second === undefined ? [first] : [first, more.length === 0 ? second : `${second}…`];
  return shown.map(cut);
}
