import { stripVTControlCharacters } from 'node:util';

/** Columns that a text takes, without its escape codes. Counts characters, so wide (East Asian) ones count too little. */
export const visibleWidth = (text: string): number => Array.from(stripVTControlCharacters(text)).length;

export const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - visibleWidth(text)));

/**
 * Breaks a text at spaces into lines of at most `columns`; line breaks in it stay.
 * A word that is too long (a URL) is not cut: it stays one line, so that it can be copied.
 */
export function wrap(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns));
}

function wrapLine(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const word of text.split(' ')) {
    if (word === '') continue;
    const wordWidth = visibleWidth(word);
    if (line !== '' && width + 1 + wordWidth > columns) {
      lines.push(line);
      line = '';
      width = 0;
    }
    line = line === '' ? word : `${line} ${word}`;
    width += (width === 0 ? 0 : 1) + wordWidth;
  }
  return [...lines, line];
}

/**
 * A text for a terminal of so many columns: lines that are too long are broken at spaces, and go on under their first word.
 * What is in columns of its own, with two spaces between them, stays as it is.
 */
export function fit(text: string, columns: number): string {
  const lines = text.split('\n').flatMap((line) => {
    // Columns of a table, and commands (indented by four), which somebody will copy.
    if (visibleWidth(line) <= columns || /\S {2,}\S|^ {4}[a-z]/.test(line)) return [line];
    const indent = /^ */.exec(line)?.[0] ?? '';
    return hanging(indent, wrap(line, columns - indent.length));
  });
  return lines.join('\n');
}

/** Lines whose first begins with `first` and whose others are indented to match. */
export function hanging(first: string, lines: readonly string[]): string[] {
  const rest = ' '.repeat(visibleWidth(first));
  return lines.map((line, index) => (line === '' ? (index === 0 ? first : '') : (index === 0 ? first : rest) + line));
}

/** Text from outside (pages, commands) without what could steer the terminal; tabs and line breaks stay. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
