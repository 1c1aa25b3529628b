import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import { openLab } from '../../scripts/lab/open.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
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
  machines: {
    name: string;
    state: string;
    nodeReady?: boolean;
    etcd?: { answers: boolean; isLeader: boolean; memberId: string };
  }[];
  apiServer: { answers: boolean };
}

/** What the program says of the lab once all that it asks have answered: who is late for a moment says nothing of a node. */
export async function status(): Promise<Status> {
  let said = '';
  let seen: Status | undefined;
  const allAnswer = async (): Promise<boolean> => {
    said = (await firedrill(['lab', 'status', '--json'])).stdout;
    seen = JSON.parse(said) as Status;
    return seen.apiServer.answers && seen.machines.every(({ etcd }) => etcd?.answers !== false);
  };
  const what = 'the API server and each member of etcd answer';
  await waitUntil(allAnswer, { what, deadlineSeconds: 30, saw: () => said });
  return seen!;
}

/** Waits until `lab status` finds nothing wrong. */
export async function labIsWell(environment: Record<string, string> = {}): Promise<void> {
  let said = '';
  const isWell = async (): Promise<boolean> => {
    const ran = await firedrill(['lab', 'status'], environment);
    said = ran.all;
    return ran.exitCode === 0;
  };
  await waitUntil(isWell, { what: 'the lab is well', deadlineSeconds: 30, saw: () => said });
}

/** Names of the nodes that are Ready. */
export const readyNodes = async (): Promise<string[]> =>
  (await status()).machines.filter(({ nodeReady }) => nodeReady).map(({ name }) => name);
