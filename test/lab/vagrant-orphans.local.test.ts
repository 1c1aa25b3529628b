import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { vagrantHome } from '../../scripts/lab/vagrant-link.ts';
import { vagrantEnvironment } from '../../scripts/lab/vagrant.ts';
import { forgetPortLeases, outliveOrphans } from '../../scripts/lab/vagrant-orphans.ts';
import { Interrupted } from '../../scripts/system/errors.ts';
import { waitUntil } from '../../scripts/system/wait.ts';

const started: number[] = [];

/** A program that calls itself vagrant and whose parent has ended. */
async function leftAlone(name: string, env: Record<string, string>, seconds = 60): Promise<number> {
  const { stdout } = await execa('bash', ['-c', `(exec -a ${name} sleep ${seconds}) >/dev/null 2>&1 & echo $!`], {
    env,
  });
  const pid = Number(stdout);
  started.push(pid);
  // bash becomes the program a moment after it told its number.
  const becameIt = async () => (await commandLine(pid)).startsWith(name);
  await waitUntil(becameIt, { what: 'it has its name', deadlineSeconds: 5, everySeconds: 0.02 });
  return pid;
}

/** The command line of a process; empty where it has ended, also before anybody asked how. */
const commandLine = async (pid: number) => await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
const lives = async (pid: number) => (await commandLine(pid)) !== '';

afterEach(async () => {
  for (const pid of started.splice(0)) if (await lives(pid)) process.kill(pid, 'SIGKILL');
});

test('a Vagrant of this lab that outlived its firedrill is ended, with what it ran, and no other program', async () => {
  const environment = vagrantEnvironment('orphans-test');
  const ran = await Promise.all([
    leftAlone('/usr/bin/vagrant', environment),
    leftAlone('/usr/bin/docker', environment),
    leftAlone('/usr/bin/vagrant', vagrantEnvironment('orphans-test-2')),
    leftAlone('/usr/bin/vagrant', { FIREDRILL_LAB: 'orphans-test' }),
  ]);
  await outliveOrphans(environment, { seconds: 0 });
  expect(await Promise.all(ran.map(lives))).toEqual([false, false, true, true]);
});

test('one that ends in time is waited for, and said', async () => {
  const environment = vagrantEnvironment('orphans-test');
  const orphan = await leftAlone('/usr/bin/vagrant', environment, 1);
  const onWait = vi.fn();
  await outliveOrphans(environment, { seconds: 30, onWait });
  expect(await lives(orphan)).toBe(false);
  expect(onWait).toHaveBeenCalledOnce();
  await outliveOrphans(environment, { seconds: 30, onWait });
  expect(onWait).toHaveBeenCalledOnce();
});

test('Ctrl-C ends the wait, and leaves the Vagrant alone', async () => {
  const environment = vagrantEnvironment('orphans-test');
  const orphan = await leftAlone('/usr/bin/vagrant', environment);
  const interrupt = new AbortController();
  const waited = outliveOrphans(environment, {
    seconds: 30,
    signal: interrupt.signal,
    onWait: () => {
      interrupt.abort(new Interrupted());
    },
  });
  await expect(waited).rejects.toThrow(Interrupted);
  expect(await lives(orphan)).toBe(true);
});

test('a port that a killed Vagrant leased is free again, and those of others stay leased', async () => {
  const state = await mkdtemp(join(tmpdir(), 'firedrill-leases-'));
  onTestFinished(() => rm(state, { recursive: true }));
  vi.stubEnv('XDG_STATE_HOME', state);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const leases = join(vagrantHome('lab'), 'data', 'fp-leases');
  await mkdir(leases, { recursive: true });
  for (const port of [8601, 8602, 8603]) await writeFile(join(leases, `127_0_0_1_${port}`), '1795900000\n');
  await forgetPortLeases('lab', [8601, 8603, 8604]);
  expect(await readdir(leases)).toEqual(['127_0_0_1_8602']);
});
