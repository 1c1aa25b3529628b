import { join } from 'node:path';
import { findLessons } from '../course/load.ts';
import type { Proof } from '../course/author-check.ts';
import { readIfThere } from '../system/files.ts';
import { checkoutFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';
import { playInARow } from './in-a-row.ts';
import { soakOptions } from './options.ts';
import { SoakRecord, type Round } from './record.ts';
import { goodInARow, lastRounds, partsOf, soakPage, summaryLines, writeResult } from './results.ts';

const recordOf = (lesson: number): SoakRecord => new SoakRecord(`lesson-${String(lesson).padStart(2, '0')}`);

/**
 * `firedrill author-check` for each lesson, until it was proved `--rounds` times in a row (10). A lesson that fails once
 * begins to count anew, in the next run. A round of which the computer may be the cause is neither good nor bad, and ends
 * the row for now.
 * Options: `--only N` for one lesson, `--rounds N`, `--lab NAME`, `--again`, `--write`.
 */
export async function soakLessons(args: string[]): Promise<number> {
  const { rounds: wanted, lab, again, write, only } = soakOptions(args, 10);
  const numbers = (await findLessons()).map(({ number }) => number);
  const chosen = only === undefined ? numbers : numbers.filter((number) => number === only);
  if (chosen.length === 0) {
    process.stderr.write(`There is no lesson ${only ?? ''}. There are: ${numbers.join(', ')}.\n`);
    return 2;
  }
  if (again) await Promise.all(chosen.map((number) => recordOf(number).forget()));
  const ends: RowEnd[] = [];
  for (const number of chosen) {
    const rounds = await proveInARow(number, lab, wanted);
    const end = endOf(rounds, wanted);
    ends.push(end);
    process.stdout.write(`lesson ${number}: proved ${goodInARow(rounds)} times in a row${endWords[end]}\n`);
  }
  if (write) await writeResult('lessons', await resultLines(numbers, wanted));
  return ends.includes('bad') ? 1 : ends.includes('unsure') ? 3 : 0;
}

/** How the rounds of a lesson ended: so many were good, or the last one was bad, or neither. */
type RowEnd = 'good' | 'bad' | 'unsure';

const endWords: Record<RowEnd, string> = {
  good: '',
  bad: '',
  unsure: '; stopped, because nobody can tell of the last round: go on when the computer has less to do',
};

export function endOf(rounds: readonly Round[], wanted: number): RowEnd {
  if (goodInARow(rounds) >= wanted) return 'good';
  return rounds.at(-1)?.unsure ? 'unsure' : 'bad';
}

function proveInARow(lesson: number, lab: string, wanted: number): Promise<Round[]> {
  return playInARow(recordOf(lesson), wanted, async (number) => {
    const result = await proveOnce(lesson, lab, number);
    const { ok, unsure, round, seconds, why } = result;
    const word = ok ? 'ok  ' : unsure ? '?   ' : 'BAD ';
    process.stdout.write(`${word} lesson ${lesson}, ${round}  ${seconds} s\n${why ? `${why}\n` : ''}`);
    return result;
  });
}

async function proveOnce(lesson: number, lab: string, round: number): Promise<Round> {
  const startedAt = Date.now();
  const args = ['--lab', lab, '--json', '--yes', 'author-check', String(lesson)];
  const ran = await run(join(checkoutFolder, 'scripts/firedrill'), args);
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  return { round, seconds, ...judged(proofsIn(ran.stdout), ran) };
}

/**
 * What a run of author-check says of a lesson. Only where it could not tell for nothing else than a busy computer it is
 * neither good nor bad: an error, or one claim that was disproved, makes it bad.
 */
export function judged(
  proofs: readonly Proof[],
  ran: { exitCode: number; stderr: string },
): Omit<Round, 'round' | 'seconds'> {
  const what = `${proofs.filter(({ outcome }) => outcome === 'proved').length} claims proved`;
  if (ran.exitCode === 0 && proofs.length > 0) return { ok: true, what };
  const open = proofs.filter(({ outcome }) => outcome !== 'proved');
  const why = open.map((one) => `${one.claim}: ${one.why ?? ''}`).join('\n') || ran.stderr.trim() || 'It said nothing.';
  const unsure = ran.exitCode === 3 && open.length > 0 && open.every(isDoubted);
  return { ok: false, ...(unsure ? { unsure } : {}), what, why };
}

const isDoubted = ({ outcome, doubt }: Proof): boolean => outcome === 'unknown' && doubt !== undefined;

/** One proof a line of JSON; other lines are talk. */
export function proofsIn(output: string): Proof[] {
  return output.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const value = JSON.parse(line) as Partial<Proof>;
    return value.outcome === undefined ? [] : [value as Proof];
  });
}

/** All lessons, whichever ran just now: the page is about all. One that never ran here keeps what the page says of it. */
async function resultLines(numbers: readonly number[], wanted: number): Promise<string[]> {
  const written = partsOf((await readIfThere(soakPage)) ?? '', 'lessons');
  const parts = await Promise.all(
    numbers.map(async (number) => {
      const rounds = await recordOf(number).rounds();
      if (rounds.length === 0) return written.find((part) => part.startsWith(headingOf(number)));
      const heading = `${headingOf(number)} ${goodInARow(rounds)} in a row`;
      return [heading, '', ...summaryLines(lastRounds(rounds, wanted), wanted)].join('\n');
    }),
  );
  return parts.filter((part) => part !== undefined).flatMap((part) => [part, '']);
}

const headingOf = (lesson: number): string => `### Lesson ${lesson}:`;
