import type { PageCommand } from '../course/model.ts';
import { type Look, type Styles } from './look.ts';
import { harmless } from './wrap.ts';

/** `$ kubectl get nodes`, or `w1 $ ip route` where a machine runs it. Never wrapped: it can be copied. */
export function commandLines(command: PageCommand, styles: Styles): string[] {
  const prompt = command.on === undefined ? '$' : `${command.on} $`;
  const note = command.background ? styles.faint('   (runs until the step ends)') : '';
  const [first = '', ...rest] = harmless(command.text).trimEnd().split('\n');
  return [
    `${styles.strong(prompt)} ${styles.code(first)}${note}`,
    ...rest.map((line) => `${' '.repeat(prompt.length)} ${styles.code(line)}`),
  ];
}

/** One line that a command said, with a mark that tells it from the program's own words. */
export const outputLine = (line: string, look: Look, styles: Styles): string =>
  `${styles.faint(look.accessible ? '|' : '│')} ${harmless(line)}`;
