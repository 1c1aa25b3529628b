import { expect, test } from 'vitest';
import { met, unmet, type Check, type Verdict } from '../../scripts/checks/verdict.ts';
import { isStandIn, noLab } from '../../scripts/commands/no-lab.ts';
import { resetWithoutLab } from '../../scripts/commands/reset-lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { lessonOf, World } from '../course/fakes.ts';

const lab = noLab('fake');
const reporter = { action: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }) };
const reset = (lesson: Parameters<typeof resetWithoutLab>[1], signal = new AbortController().signal) =>
  resetWithoutLab(lab, lesson, { signal, reporter });

/** A lesson whose preparation lights a lamp and starts something that holds a moment later. */
function lessonIn(world: World, done: string[]) {
  const cleanUp = (given: Lab): Promise<void> => {
    expect(given).toBe(lab);
    done.push('clean up');
    world.holds.clear();
    return Promise.resolve();
  };
  const prepare = (): Promise<void> => {
    done.push('prepare');
    setTimeout(() => world.holds.add('ring'), 50);
    return Promise.resolve();
  };
  return lessonOf([], {}, { needs: 'none', baseline: [world.check('ring')], cleanUp, prepare });
}

test('a lesson that needs no lab is cleaned up, prepared, and its baseline proven', async () => {
  const [world, done] = [new World(), [] as string[]];
  world.holds.add('cut');
  expect(await reset(lessonIn(world, done))).toEqual([]);
  expect(done).toEqual(['clean up', 'prepare']);
  expect([...world.holds]).toEqual(['ring']);
});

test('what the lesson throws ends the reset, and nothing is begun that nobody wants any more', async () => {
  const [world, done] = [new World(), [] as string[]];
  const lesson = lessonIn(world, done);
  const prepare = () => Promise.reject(new Error('the docker engine does not answer'));
  await expect(reset({ ...lesson, definition: { ...lesson.definition, prepare } })).rejects.toThrow('docker engine');
  await expect(reset(lesson, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
  expect(done).toEqual(['clean up']);
});

test('what was met is looked at once more, with all the rest: in the end all hold together', async () => {
  const looks: string[] = [];
  const check = (claim: string, ...verdicts: Verdict[]): Check => {
    let at = 0;
    const look = () => {
      looks.push(claim);
      return Promise.resolve(verdicts[Math.min(at++, verdicts.length - 1)] ?? met(''));
    };
    return { claim, look };
  };
  const not = unmet('nothing', 'something');
  const baseline = [check('lost again', met(''), not, met('')), check('late', not, not, met(''))];
  await reset(lessonOf([], {}, { needs: 'none', baseline }));
  // Both; what is late, until it is met; both, and one was lost; that one; both.
  expect(looks.join(', ')).toBe('lost again, late, late, late, lost again, late, lost again, lost again, late');
});

test('a lab with machines is no stand-in', () => {
  expect(isStandIn(lab)).toBe(true);
  for (const size of ['single', 'default', 'ha'] as const) {
    expect(isStandIn({ layout: createLayout({ name: 'fake', size }) })).toBe(false);
  }
});
