import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { checkoutFolder } from '../system/folders.ts';
import type { Round } from './record.ts';

const introduction = `# Soak: the last results

Long runs on a real lab. Each section is written by the program that made the run: \`npm run soak -- NAME --write\`. It goes on
where it was stopped, and \`--again\` begins anew.
`;

const headings = {
  faults: 'Faults: random ones, the program killed at a random point, nothing left over',
  resets: 'Resets: after random wrecks, the baseline proven and nothing leaked',
  planned: 'Planned operations under load: none lost',
  lessons: 'Lessons: proved again and again',
} as const;

export type SoakName = keyof typeof headings;

export const soakPage = join(checkoutFolder, 'docs', 'soak.md');

/** Replaces one soak's section of the page; the others stay as they are. */
export async function writeResult(name: SoakName, lines: readonly string[], path = soakPage): Promise<void> {
  await writeAtomically(path, withSection((await readIfThere(path)) ?? introduction, name, lines));
}

export function withSection(page: string, name: SoakName, lines: readonly string[]): string {
  const [head = '', ...sections] = page.split(/^(?=## )/m);
  const heading = `## ${headings[name]}`;
  const own = [heading, '', ...lines, ''].join('\n');
  const others = sections.filter((section) => !section.startsWith(`${heading}\n`));
  return [head, ...others, own].map((part) => part.trimEnd()).join('\n\n') + '\n';
}

/** The parts of one soak's section that have a heading of their own, each from its `### ` on. */
export function partsOf(page: string, name: SoakName): string[] {
  const section = page.split(/^(?=## )/m).find((part) => part.startsWith(`## ${headings[name]}\n`)) ?? '';
  return section
    .split(/^(?=### )/m)
    .slice(1)
    .map((part) => part.trimEnd());
}

/** What came out of rounds, as lines of Markdown. */
export function summaryLines(rounds: readonly Round[], wanted: number): string[] {
  const good = rounds.filter(({ ok }) => ok).length;
  const seconds = sureOf(rounds)
    .map((round) => round.seconds)
    .toSorted((one, other) => one - other);
  const middle = seconds[Math.floor(seconds.length / 2)] ?? 0;
  const others = rounds.filter(({ ok }) => !ok);
  return [
    `${good} of ${seconds.length} rounds were good, ${wanted} are wanted (${new Date().toISOString().slice(0, 10)}). A round took ${middle} s in the middle,`,
    `${seconds.at(-1) ?? 0} s at most.`,
    ...(others.length > 0 ? ['', ...others.map(otherLine)] : []),
  ];
}

const otherLine = ({ round, unsure, what, why }: Round): string =>
  `- round ${round}, ${unsure ? 'neither good nor bad, ' : ''}${what}: ${firstLine(why)}`;

const firstLine = (text = ''): string => text.trim().split('\n')[0] ?? '';

const sureOf = (rounds: readonly Round[]): Round[] => rounds.filter(({ unsure }) => !unsure);

/** How many rounds were good without a bad one between, up to the last one. Those that are neither do not count. */
export function goodInARow(rounds: readonly Round[]): number {
  const sure = sureOf(rounds);
  return sure.length - 1 - sure.findLastIndex(({ ok }) => !ok);
}

/** The last rounds: so many that were good or bad, and those between and behind them that were neither. */
export function lastRounds(rounds: readonly Round[], wanted: number): Round[] {
  const first = sureOf(rounds).at(-wanted);
  return first ? rounds.slice(rounds.indexOf(first)) : [...rounds];
}
