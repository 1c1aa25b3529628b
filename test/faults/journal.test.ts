import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultJournal } from '../../scripts/faults/journal.ts';
import { deleteRoute } from '../../scripts/faults/delete-route.ts';

let folder: string;
let journal: FaultJournal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-journal-'));
  journal = new FaultJournal(join(folder, 'lab'));
});
afterEach(() => rm(folder, { recursive: true }));

const fault = deleteRoute('w1', '10.2.22.0/24');
const planned = (id: string) => ({ id, fault, lab: 'lab', leaseSeconds: 9, injectedAt: '2026-11-27T20:00:00.000Z' });

test('another process reads the fault with its exact undo, until it is undone', async () => {
  expect(await journal.open()).toEqual([]);
  await journal.plan(planned('a'), 'boot-1');
  await journal.plan(planned('b'), 'boot-1', { pid: 7, started: '9' });
  await journal.note('a', 'injected');
  const fresh = new FaultJournal(join(folder, 'lab'));
  expect(await fresh.open()).toEqual([
    { ...planned('a'), boot: 'boot-1', state: 'injected', how: undefined },
    { ...planned('b'), boot: 'boot-1', state: 'planned', how: undefined, owner: { pid: 7, started: '9' } },
  ]);
  await journal.note('a', 'undone', 'undone');
  await journal.note('b', 'gone');
  expect(await fresh.open()).toEqual([]);
});

test('a line that a crash cut short costs only itself', async () => {
  await journal.plan(planned('a'), 'boot-1');
  const whole = await readFile(journal.path, 'utf8');
  await appendFile(journal.path, whole.slice(0, 60));
  expect((await journal.open()).map(({ id }) => id)).toEqual(['a']);
  await journal.plan(planned('b'), 'boot-1');
  expect((await journal.open()).map(({ id }) => id)).toEqual(['a', 'b']);
});
