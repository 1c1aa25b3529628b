import { openLab } from '../lab/open.ts';
import { wrecks } from '../soak/wrecks.ts';
import { bareRun } from './bare-run.ts';
import { benchLab, firedrill } from './bench-lab.ts';
import { secondsOf } from './statistics.ts';
import type { Measured } from './table.ts';

/** The lesson to which it resets: the first that needs the app, so that bringing the app back is part of the time. */
export const lessonOfReset = '3';
/** One is over too soon to be told from the noise. */
const commandsPerRound = 20;

export interface LabTimes {
  bare: readonly number[];
  measured: readonly Measured[];
}

export interface Round {
  signal: AbortSignal;
  /** Told what is measured just now. */
  say: (what: string) => void;
  /** Whatever else wants the lab of the last round, before it goes. */
  onLastLab: () => Promise<void>;
}

/** Boots and destroys the bench's lab `rounds` times, and measures on it what a person waits for. */
export async function measureLab(rounds: number, { signal, say, onLastLab }: Round): Promise<LabTimes> {
  const times = new Map<string, { atMostSeconds: number | undefined; seconds: number[] }>();
  const bare: number[] = [];
  const take = async (what: string, atMostSeconds: number | undefined, work: () => Promise<unknown>): Promise<void> => {
    say(what);
    const kept = times.get(what) ?? { atMostSeconds, seconds: [] };
    times.set(what, kept);
    kept.seconds.push(await secondsOf(work));
  };
  for (let round = 1; round <= rounds; round += 1) {
    say(`round ${round} of ${rounds}: a bare docker run`);
    bare.push(await bareRun(signal));
    await take('`lab up`, six machines', 20, () => firedrill(['lab', 'up', '--yes'], signal));
    await take('`lab up` again, nothing to do', undefined, () => firedrill(['lab', 'up', '--yes'], signal));
    await take('`lab status`', 1, () => firedrill(['lab', 'status'], signal));
    const lab = await openLab(benchLab.name);
    await lab.on('w1', 'true');
    for (let command = 1; command <= commandsPerRound; command += 1) {
      await take('a command on a machine', 0.05, () => lab.on('w1', 'true', { signal }));
    }
    // The first reset also brings the app for the first time.
    await firedrill(['reset', '--to', lessonOfReset, '--yes'], signal);
    for (const { name, destroysMachines, make } of wrecks) {
      await make(lab);
      const most = destroysMachines ? 20 : 10;
      await take(`\`reset\`, where ${name}`, most, () => firedrill(['reset', '--to', lessonOfReset, '--yes'], signal));
    }
    if (round === rounds) await onLastLab();
    await take('`lab destroy`', 4, () => firedrill(['lab', 'destroy', '--yes'], signal));
  }
  return { bare, measured: [...times].map(([what, { atMostSeconds, seconds }]) => ({ what, seconds, atMostSeconds })) };
}
