import { expect, test } from 'vitest';
import { checkpointOf } from '../../scripts/commands/reset-checkpoint.ts';
import { keepStart } from '../../scripts/course/keep-start.ts';
import { defineLesson, type Lesson } from '../../scripts/course/model.ts';
import { deleteEtcdKeys } from '../../scripts/faults/delete-etcd-keys.ts';
import { moveFile } from '../../scripts/faults/move-file.ts';
import type { InjectedFault } from '../../scripts/faults/fault.ts';
import { startCheckpointPath } from '../../scripts/lab/repair/checkpoint.ts';
import { labThatKeeps } from './lab-that-keeps.ts';

const lesson: Lesson = { minutes: 10, summary: '', needs: 'lab', baseline: [], steps: {} };
const withApp = defineLesson({ ...lesson, keeps: () => Promise.resolve(undefined) });

const open = (id: string, fault: InjectedFault['fault']): InjectedFault => ({
  id,
  fault,
  lab: 'l',
  leaseSeconds: 10,
  injectedAt: '2026-01-01T00:00:00Z',
});

test('the start of a lesson with an app is kept, and a reset to such a lesson goes back to it', async () => {
  const { lab, kept } = labThatKeeps();
  const firstBoot = { path: undefined, of: 'the first boot' };
  expect(checkpointOf(lab, { definition: withApp }, [])).toEqual(firstBoot);
  await keepStart(lab, withApp);
  expect(kept()).toBe(true);
  expect(checkpointOf(lab, { definition: withApp }, [])).toEqual({
    path: startCheckpointPath(lab),
    of: 'the last start of a lesson',
  });
  // Without an app nothing is gained.
  expect(checkpointOf(lab, { definition: lesson }, [])).toEqual(firstBoot);
});

test('what was kept before a fault that only a reset undoes goes before it', async () => {
  const { lab } = labThatKeeps();
  await keepStart(lab, withApp);
  const faults = [open('f1', moveFile('w1', '/etc/x')), open('f2', deleteEtcdKeys('e1', '/registry/'))];
  expect(checkpointOf(lab, { definition: withApp }, faults).path).toMatch(/before-f2\.db$/);
});

test.each([
  ['the start of a lesson without an app is not kept', lesson, true],
  ['an etcd that cannot tell keeps no lesson from its start', withApp, false],
])('%s', async (_, definition, etcd) => {
  const { lab, kept } = labThatKeeps({ etcd });
  await keepStart(lab, definition);
  expect(kept()).toBe(false);
});
