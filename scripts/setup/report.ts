import { masked } from '../system/secrets.ts';
import type { Finding } from './finding.ts';

/** Who the report must not name. */
export interface Private {
  home: string;
  userName: string;
}

/** The findings as Markdown, to paste into an issue: no environment, no secrets, no user name, the home folder as `~`. */
export function writeReport(findings: readonly Finding[], who: Private): string {
  const rows = findings.map(
    ({ level, name, saw }) => `| ${level} | ${name} | ${inCell(withoutNames(masked(saw), who))} |`,
  );
  return ['## firedrill doctor', '', '| | what | saw |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** `root` is nobody's name, and stays. */
export function withoutNames(text: string, { home, userName }: Private): string {
  const short = home.length > 1 ? text.replaceAll(home, '~') : text;
  if (userName === 'root' || userName === '') return short;
  const escaped = userName.replace(/[^\w]/g, '\\$&');
  return short.replace(new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`, 'g'), 'USER');
}
