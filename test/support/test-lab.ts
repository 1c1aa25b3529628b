import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import { openLab } from '../../scripts/lab/open.ts';
import { firedrill, testLab } from './program.ts';

/** The folder with all that is kept of the tests' lab. */
export const labState = join(testLab.environment.XDG_STATE_HOME, 'firedrill', 'labs', testLab.name);

/**
 * Environment of `vagrant` as somebody uses it by hand in the checkout, told which lab is meant. Its home stands for theirs,
 * ~/.vagrant.d: it is not the one of the lab's.
 */
export const vagrantByHand = {
  ...testLab.environment,
  VAGRANT_DOTFILE_PATH: join(labState, 'vagrant'),
  VAGRANT_HOME: join(testLab.environment.XDG_STATE_HOME, 'vagrant-by-hand'),
};

/** Runs the program, fails with what it said where it did not end well, and returns its output. */
export async function ok(...args: string[]): Promise<string> {
  const ran = await firedrill(args);
  expect(ran, ran.all).toMatchObject({ exitCode: 0 });
  return ran.stdout;
}

/**
 * The lab that files share, one after the other: whole, and at the start of lesson 2, whatever the file before has left.
 * A file that needs none destroys it first; test/e2e/set-up.ts does at the end.
 */
export async function startLab(): Promise<Lab> {
  const isMade = existsSync(join(labState, 'machines.json'));
  await (isMade ? ok('reset', '--to', '2', '--yes') : ok('lab', 'up', '--yes'));
  process.env['XDG_STATE_HOME'] = testLab.environment.XDG_STATE_HOME;
  return openLab(testLab.name);
}

/** Runs a command on a machine of the tests' lab. */
export const on = (machine: string, ...words: string[]): Promise<string> => ok('lab', 'ssh', machine, '--', ...words);

/** Runs the lab's kubectl. Throws where it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await execa(join(labState, 'bin', 'kubectl'), args, {
    env: { KUBECONFIG: join(labState, 'kubeconfig'), KUBECACHEDIR: join(labState, 'kubectl-cache') },
  });
  return stdout;
}

export interface Status {
  machines: { name: string; state: string; nodeReady?: boolean; etcd?: { isLeader: boolean; memberId: string } }[];
  apiServer: { answers: boolean };
}

export const status = async (): Promise<Status> =>
  JSON.parse((await firedrill(['lab', 'status', '--json'])).stdout) as Status;

/** Names of the nodes that are Ready. */
export const readyNodes = async (): Promise<string[]> =>
  (await status()).machines.filter(({ nodeReady }) => nodeReady).map(({ name }) => name);
