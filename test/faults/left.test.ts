import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deleteRoute } from '../../scripts/faults/delete-route.ts';
import { FaultJournal } from '../../scripts/faults/journal.ts';
import { faultsLeft } from '../../scripts/faults/left.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { thisProcess } from '../../scripts/system/lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-left-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a fault is an orphan when its program has ended; what no journal knows is found on the machines', async () => {
  const journal = new FaultJournal(folder);
  const plan = (id: string, owner?: { pid: number; started: string }) =>
    journal.plan({ id, fault: deleteRoute('w1', id), lab: 'l', leaseSeconds: 9, injectedAt: 'now' }, 'boot', owner);
  const { pid, started } = await thisProcess();
  await plan('lives', { pid, started });
  // The number is this process', but it was another one that had it.
  await plan('died', { pid, started: `${started}1` });
  await plan('old');
  await plan('closed', { pid, started });
  await journal.note('closed', 'undone');
  const on = (machine: string) =>
    machine === 'w2'
      ? Promise.reject(new Error('no answer'))
      : Promise.resolve({ exitCode: 0, stdout: 'lives\nstrange\nclosed\n', stderr: '' });
  expect(await faultsLeft({ folder, layout: createLayout({ name: 'l' }), on }, ['w1', 'w2'])).toEqual({
    running: ['w1 has no route to lives'],
    orphans: ['died', 'old'].map((id) => ({ id, title: `w1 has no route to ${id}` })),
    unknown: ['w1 (strange)', 'w1 (closed)'],
  });
});
