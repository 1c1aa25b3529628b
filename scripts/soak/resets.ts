import { join } from 'node:path';
import { loadLessons } from '../course/load.ts';
import type { Lab } from '../lab/lab.ts';
import { openLab } from '../lab/open.ts';
import { FiredrillError } from '../system/errors.ts';
import { checkoutFolder } from '../system/folders.ts';
import { run, type CommandResult } from '../system/run.ts';
import { differenceAfter, labFingerprint } from './lab-fingerprint.ts';
import { amountsOf, leaks, type Amounts } from './leaks.ts';
import { soakOptions } from './options.ts';
import { diceFrom } from './random-fault.ts';
import { SoakRecord, type Round } from './record.ts';
import { summaryLines, writeResult } from './results.ts';
import { wrecks, type Wreck } from './wrecks.ts';

/** Pods that end take up to 30 s, and their processes and mounts go with them. */
const settleSeconds = 60;

/** What a lab has when nothing is left over. Lessons begin with other pods, and one with older nodes. */
interface Clean {
  fingerprint: string;
  amounts: Amounts;
}

/**
 * One or two wrecks that the dice choose, `firedrill reset`, and a look whether anything is left that was not there when
 * a lab where nothing was broken had been reset to the same lesson. Options: `--rounds N` (100), `--to LESSON` (each time
 * one that the dice choose), `--lab NAME`, `--again`, `--write`, and `--only N` for one round.
 */
export async function soakResets(args: string[]): Promise<number> {
  const { rounds: wanted, lab: name, again, write, only, to } = soakOptions(args, 100);
  const lab = await openLab(name);
  const record = new SoakRecord('resets');
  if (again) await record.forget();
  const done = await record.rounds();
  if (only === undefined && done.length >= wanted) return await end(done, wanted, write);

  const cleanAt = cleanStarts(lab);
  if (only !== undefined) return say(await playRound(lab, only, to, cleanAt)) ? 0 : 1;
  for (let round = done.length + 1; round <= wanted; round++) {
    const result = await playRound(lab, round, to, cleanAt);
    say(result);
    await record.add(result);
    done.push(result);
    // What is left over would be blamed on the rounds after it.
    if (!result.ok) break;
  }
  return await end(done, wanted, write);
}

async function end(done: readonly Round[], wanted: number, write: boolean): Promise<number> {
  const good = done.filter(({ ok }) => ok).length;
  process.stdout.write(`${good} of ${wanted} resets proved the baseline and left nothing over.\n`);
  if (write) await writeResult('resets', summaryLines(done, wanted));
  return good >= wanted ? 0 : 1;
}

/** Tells what a lab has at a lesson's start. Asked for the first time while nothing is broken, it resets the lab to it. */
function cleanStarts(lab: Lab): (lesson: string) => Promise<Clean> {
  const known = new Map<string, Clean>();
  return async (lesson) => {
    const before = known.get(lesson);
    if (before) return before;
    const first = await reset(lab, lesson);
    if (first.exitCode !== 0) {
      throw new FiredrillError(`The first reset to lesson ${lesson} failed:\n${first.stdout}${first.stderr}`, {
        code: 'reset-failed',
        remedy: 'Bring the lab up first.',
      });
    }
    const clean = { fingerprint: await labFingerprint(lab), amounts: await amountsOf(lab) };
    known.set(lesson, clean);
    return clean;
  };
}

async function playRound(
  lab: Lab,
  round: number,
  wanted: string | undefined,
  cleanAt: (lesson: string) => Promise<Clean>,
): Promise<Round> {
  const dice = diceFrom(round * 7919);
  const chosen = [dice(wrecks), ...(dice([true, false]) ? [dice(wrecks)] : [])];
  const to = wanted ?? dice(await lessonsOnTheLab());
  const what = `${chosen.map((wreck) => wreck.name).join(', and ')}; to lesson ${to}`;
  const clean = await cleanAt(to);
  await makeAll(lab, chosen);
  const startedAt = Date.now();
  const ran = await reset(lab, to);
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  if (ran.exitCode !== 0) return { round, ok: false, what, seconds, why: `${ran.stdout}${ran.stderr}`.trim() };
  const difference = await differenceAfter(lab, clean.fingerprint, settleSeconds);
  const left = [...difference.slice(0, 10), ...(await leaksAfter(lab, clean.amounts))];
  return left.length === 0
    ? { round, ok: true, what, seconds }
    : { round, ok: false, what, seconds, why: left.join('\n') };
}

async function lessonsOnTheLab(): Promise<readonly [string, ...string[]]> {
  const all = (await loadLessons()).filter(({ definition }) => definition.needs !== 'none');
  const [first = '1', ...others] = all.map(({ number }) => String(number));
  return [first, ...others];
}

async function makeAll(lab: Lab, chosen: readonly Wreck[]): Promise<void> {
  for (const [index, wreck] of chosen.entries()) {
    await wreck.make(lab).catch((error: unknown) => {
      // What the first one broke may keep the second from happening.
      if (index === 0) throw error;
    });
  }
}

const reset = (lab: Lab, to: string): Promise<CommandResult> =>
  run(join(checkoutFolder, 'scripts/firedrill'), ['--lab', lab.layout.name, 'reset', '--to', to, '--yes']);

async function leaksAfter(lab: Lab, before: Amounts): Promise<string[]> {
  const deadline = Date.now() + settleSeconds * 1000;
  for (;;) {
    const left = leaks(before, await amountsOf(lab));
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

function say({ round, ok, what, seconds, why }: Round): boolean {
  process.stdout.write(
    `${ok ? 'ok  ' : 'BAD '} ${round}  ${seconds} s  ${what}${why === undefined ? '' : `\n${why}`}\n`,
  );
  return ok;
}
