import { join } from 'node:path';
import { deathPoints, type DeathPoint } from '../faults/die-at.ts';
import { wayBackFrom } from '../faults/fault.ts';
import { createFaults } from '../faults/faults.ts';
import type { Lab } from '../lab/lab.ts';
import { openLab } from '../lab/open.ts';
import { checkoutFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';
import { differenceAfter, labFingerprint } from './lab-fingerprint.ts';
import { soakOptions } from './options.ts';
import { diceFrom } from './random-fault.ts';
import { SoakRecord, type Round } from './record.ts';
import { summaryLines, writeResult } from './results.ts';

/** A member or a node comes back within this time after a fault is gone; measured 4 to 20 s. */
const settleSeconds = 120;
const shortLeaseSeconds = 8;

/**
 * Random faults, each by a process that is killed at a random point; then the lab must become what it was, half of the
 * times by `firedrill faults undo --all`, half of the times by the lease alone.
 * Options: `--rounds N` (200), `--lab NAME`, `--again` to forget the rounds that have run, `--only N` for one of them,
 * `--write` to put the result into docs/soak.md.
 */
export async function soakFaults(args: string[]): Promise<number> {
  const { rounds: wanted, lab: name, again, write, only } = soakOptions(args, 200);
  const lab = await openLab(name);
  if (only !== undefined) return say(await playRound(lab, only)) ? 0 : 1;

  const record = new SoakRecord('faults');
  if (again) await record.forget();
  const done = await record.rounds();
  for (let round = done.length + 1; round <= wanted; round++) {
    const result = await playRound(lab, round);
    say(result);
    await record.add(result);
    done.push(result);
    // What is left over would be blamed on the rounds after it.
    if (!result.ok) break;
  }
  const good = done.filter(({ ok }) => ok).length;
  process.stdout.write(`${good} of ${wanted} rounds left nothing over. Recorded in ${record.path}\n`);
  if (write) await writeResult('faults', summaryLines(done, wanted));
  return good >= wanted ? 0 : 1;
}

async function playRound(lab: Lab, round: number): Promise<Round> {
  const startedAt = Date.now();
  const dice = diceFrom(round * 7919);
  const point = dice<DeathPoint | 'never'>([...deathPoints, 'never']);
  const afterMilliseconds = dice([1, 20, 60, 150, 400]);
  const byLease = dice([true, false]);
  const before = await labFingerprint(lab);

  const leaseSeconds = byLease ? shortLeaseSeconds : 300;
  const script = join(import.meta.dirname, 'fault-round.ts');
  const child = await run(process.execPath, [script, lab.layout.name, String(round), String(leaseSeconds)], {
    env: { FIREDRILL_DIE_AT: point, FIREDRILL_DIE_AFTER_MS: String(afterMilliseconds) },
    timeoutSeconds: 180,
  });
  const lasting = (await createFaults(lab).open()).some(({ fault }) => wayBackFrom(fault) !== 'lease');
  const how = byLease && !lasting ? 'the lease alone' : 'faults undo --all';
  const what = `${child.stdout.trim()}; died ${point}; back by ${how}`;
  const seconds = () => Math.round((Date.now() - startedAt) / 100) / 10;

  const failed = (why: string): Round => ({ round, ok: false, what, seconds: seconds(), why });
  const undoAll = () =>
    run(join(checkoutFolder, 'scripts/firedrill'), ['--lab', lab.layout.name, 'faults', 'undo', '--all']);
  // 137: it was killed, as it should be.
  if (child.exitCode !== 0 && child.exitCode !== 137) return failed(child.stderr.trim());
  if (how === 'faults undo --all') {
    const undone = await undoAll();
    if (undone.exitCode !== 0) return failed(`${undone.stdout}${undone.stderr}`.trim());
  }
  const difference = await differenceAfter(lab, before, settleSeconds);
  // After the lease, this only closes the journal. It undoes more where the program was killed while the docker engine was
  // still cutting the power: then the lab was compared before it broke, and is compared again.
  const closed = await undoAll();
  const afterwards = difference.length > 0 ? difference : await differenceAfter(lab, before, settleSeconds);
  if (afterwards.length > 0) return failed(afterwards.slice(0, 10).join('\n'));
  return closed.exitCode === 0 ? { round, ok: true, what, seconds: seconds() } : failed(closed.stdout.trim());
}

function say({ round, ok, what, seconds, why }: Round): boolean {
  process.stdout.write(
    `${ok ? 'ok  ' : 'BAD '} ${round}  ${seconds} s  ${what}${why === undefined ? '' : `\n${why}`}\n`,
  );
  return ok;
}
