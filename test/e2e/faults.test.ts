import { afterEach, beforeAll, expect, it } from 'vitest';
import type { InjectedFault } from '../../scripts/faults/fault.ts';
import { createFaults } from '../../scripts/faults/faults.ts';
import { moveFile } from '../../scripts/faults/move-file.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { firedrill } from '../support/program.ts';
import { ok, startLab } from '../support/test-lab.ts';

const machine = 'w1';
const folder = '/var/lib/fault-test';
let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});

afterEach(async () => {
  await createFaults(lab).undoAll();
  await lab.on(machine, `rm -rf ${folder}`);
});

/** Takes a file of the test's own away. */
async function missing(name: string, leaseSeconds: number): Promise<InjectedFault> {
  const made = await lab.on(machine, `mkdir -p ${folder} && touch ${folder}/${name}`);
  expect(made).toMatchObject({ exitCode: 0 });
  return createFaults(lab).inject(moveFile(machine, `${folder}/${name}`), { leaseSeconds });
}

const isThere = async (name: string): Promise<boolean> =>
  (await lab.on(machine, `[ -e ${folder}/${name} ]`)).exitCode === 0;

async function listed(): Promise<{ id: string; title: string; wayBack: string }[]> {
  return JSON.parse(await ok('faults', 'list', '--json')) as { id: string; title: string; wayBack: string }[];
}

it('a fault ends with its lease, by itself', async () => {
  // To inject it proves that it is away.
  await missing('leased', 20);
  // Nobody renews it. The machine's timer may be late by some seconds on a busy computer.
  await waitUntil(() => isThere('leased'), { what: 'the lease has ended', deadlineSeconds: 60 });
  await ok('faults', 'undo', '--all');
  expect(await listed()).toEqual([]);
  expect(await isThere('leased')).toBe(true);
});

it('a new process lists what is broken, and puts back one or all of it', async () => {
  const [first, second] = [await missing('first', 300), await missing('second', 300)];
  const open = await listed();
  expect(open.map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(open).toMatchObject([{ title: first.fault.title, wayBack: 'lease' }, { title: second.fault.title }]);
  const doctor = await firedrill(['doctor', '--json']);
  expect(doctor.stdout).toContain(first.fault.title);
  // This process injected them, and lives: nothing was left behind.
  expect(doctor, doctor.all).toMatchObject({ exitCode: 0 });

  const unknown = await firedrill(['faults', 'undo', 'nonsense']);
  expect(unknown, unknown.all).toMatchObject({ exitCode: 2 });
  expect(unknown.stderr).toContain(first.id);
  expect(await firedrill(['faults', 'undo'])).toMatchObject({ exitCode: 2 });
  expect([await isThere('first'), await isThere('second')]).toEqual([false, false]);

  await ok('faults', 'undo', first.id);
  expect([await isThere('first'), await isThere('second')]).toEqual([true, false]);
  expect((await listed()).map(({ id }) => id)).toEqual([second.id]);

  await ok('faults', 'undo', '--all');
  expect(await isThere('second')).toBe(true);
  expect(await listed()).toEqual([]);
  expect((await firedrill(['doctor', '--json'])).stdout).not.toContain(second.fault.title);
});
