import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';
import { vagrantEnvironment } from '../../scripts/lab/vagrant.ts';
import { endOrphans } from '../../scripts/lab/vagrant-orphans.ts';
import { waitUntil } from '../../scripts/system/wait.ts';

const started: number[] = [];

/** A program that calls itself vagrant and whose parent has ended. */
async function leftAlone(name: string, env: Record<string, string>): Promise<number> {
  const { stdout } = await execa('bash', ['-c', `(exec -a ${name} sleep 60) >/dev/null 2>&1 & echo $!`], { env });
  started.push(Number(stdout));
  return Number(stdout);
}

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

afterEach(() => {
  for (const pid of started.splice(0)) if (lives(pid)) process.kill(pid, 'SIGKILL');
});

test('a Vagrant of this lab that outlived its firedrill is ended, and no other program', async () => {
  const environment = vagrantEnvironment('orphans-test');
  const orphan = await leftAlone('/usr/bin/vagrant', environment);
  const others = [
    await leftAlone('/usr/bin/vagrant', vagrantEnvironment('orphans-test-2')),
    await leftAlone('/usr/bin/docker', environment),
  ];
  // bash becomes the program a moment after it told its number.
  await waitUntil(async () => (await endOrphans(environment)) === 1, { what: 'one is ended', deadlineSeconds: 5 });
  await waitUntil(() => !lives(orphan), { what: 'it has ended', deadlineSeconds: 5 });
  expect(others.map(lives)).toEqual([true, true]);
  expect(await endOrphans(environment)).toBe(0);
});
