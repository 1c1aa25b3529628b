import { expect, test } from 'vitest';
import { putBackWhatIsBroken } from '../../scripts/commands/put-back.ts';
import type { UndoneFault } from '../../scripts/course/run.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { broken, FakeUi } from '../course/fakes.ts';

const undoing = (...undone: UndoneFault[]) => ({ undoAll: () => Promise.resolve(undone) });

test('what a killed program left broken is put back and told, with who did it', async () => {
  const ui = new FakeUi();
  const left = undoing(
    { injected: broken('w2 has no power'), outcome: 'undone' },
    { injected: broken('w1 has no route'), outcome: 'already' },
  );
  await putBackWhatIsBroken(left, ui);
  expect(ui.of('fault-undone').map(({ title, by }) => [title, by])).toEqual([
    ['w2 has no power', 'program'],
    ['w1 has no route', 'lease'],
  ]);
});

test('no lesson starts where it cannot be put back', async () => {
  const error = new FiredrillError('Nothing can undo this.', { code: 'fault-needs-reset', remedy: 'reset' });
  const left = undoing({ injected: broken('all keys are gone', {}), outcome: 'needs-reset', error });
  await expect(putBackWhatIsBroken(left, new FakeUi())).rejects.toBe(error);
});
