import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LostMachines, offInWords } from '../../scripts/commands/lost-machines.ts';
import type { LoadedLesson, Page } from '../../scripts/course/model.ts';
import type { CourseEvent } from '../../scripts/course/ui.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { verdicts } from '../course/fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const page = {} as Page;
const lesson = {} as LoadedLesson;
const awaiting: CourseEvent = { type: 'awaiting', claim: 'x', verdict: verdicts.unknown };
const injected: CourseEvent = { type: 'fault-injected', title: 'x', machine: 'w1' };
const undone: CourseEvent = { type: 'fault-undone', title: 'x', machine: 'w1', by: 'learner' };
const opened: CourseEvent = { type: 'step-opened', lesson, page, number: 1, of: 2 };
const failed: CourseEvent = { type: 'step-failed', page, why: 'x' };

/** Two machines, of which the names in `off` do not run. */
function aLab() {
  const off = new Set<string>();
  const told: string[] = [];
  let looks = 0;
  let error: Error | undefined;
  const lost = new LostMachines(['w1', 'w2'], {
    look: () => {
      looks += 1;
      return error ? Promise.reject(error) : Promise.resolve([...off]);
    },
    tell: (text) => told.push(text),
  });
  return {
    off,
    told,
    lost,
    looks: () => looks,
    failWith: (one: Error | undefined) => (error = one),
    later: () => vi.advanceTimersByTimeAsync(20_000),
  };
}

test('a machine that is lost while a step waits is told once, with what brings it back', async () => {
  const { off, told, lost, later } = aLab();
  lost.take(awaiting);
  await later();
  expect(told).toEqual([]);
  off.add('w1');
  for (let round = 0; round < 3; round += 1) {
    lost.take(awaiting);
    await later();
  }
  expect(told).toEqual([
    "w1 does not run: 'npx firedrill lab up', in another terminal, brings it back. What you have reached is kept.",
  ]);
});

test('what comes while it looks is not missed', async () => {
  const { off, told, lost, later } = aLab();
  lost.take(awaiting);
  await vi.advanceTimersByTimeAsync(1000);
  off.add('w1');
  lost.take(awaiting);
  await later();
  expect(told).toHaveLength(1);
});

test('one that is only switched off and on again is not lost', async () => {
  const { off, told, lost, later } = aLab();
  off.add('w1');
  lost.take(awaiting);
  await vi.advanceTimersByTimeAsync(1000);
  off.delete('w1');
  await later();
  expect(told).toEqual([]);
});

test('one that came back may be lost again', async () => {
  const { off, told, lost, later } = aLab();
  for (let round = 0; round < 2; round += 1) {
    off.add('w1');
    lost.take(awaiting);
    await later();
    off.delete('w1');
    lost.take(awaiting);
    await later();
  }
  expect(told).toHaveLength(2);
});

test('what a drill has switched off is for the learner to find', async () => {
  const { off, told, lost, later, looks } = aLab();
  lost.take(injected);
  off.add('w1');
  lost.take(awaiting);
  await later();
  expect(looks()).toBe(0);
  lost.take(undone);
  lost.take(awaiting);
  await later();
  expect(told).toHaveLength(1);
});

test('a drill that begins between two looks is one, too', async () => {
  const { off, told, lost, later } = aLab();
  off.add('w1');
  lost.take(awaiting);
  await vi.advanceTimersByTimeAsync(1000);
  lost.take(injected);
  await later();
  expect(told).toEqual([]);
  lost.take(opened);
  lost.take(awaiting);
  await later();
  expect(told).toHaveLength(1);
});

test('a worker that joined during the lesson may leave again', async () => {
  const { off, told, lost, later } = aLab();
  off.add('w3');
  lost.take(awaiting);
  await later();
  expect(told).toEqual([]);
});

test('a step that failed is explained before the lesson ends', async () => {
  const { off, told, lost } = aLab();
  off.add('w1').add('w2');
  lost.take(failed);
  await lost.end();
  expect(told).toEqual([expect.stringMatching(/^w1 and w2 do not run: .*lab up.* brings them back/)]);
  expect(vi.getTimerCount()).toBe(0);
});

test('an engine that has stopped is told once, with its remedy', async () => {
  const { told, lost, later, failWith } = aLab();
  failWith(new FiredrillError('The docker engine does not answer.', { code: 'docker-silent', remedy: 'Start it.' }));
  for (let round = 0; round < 2; round += 1) {
    lost.take(awaiting);
    await later();
  }
  expect(told).toEqual(['The docker engine does not answer. Start it.']);
});

test('where a lesson needs no machine, none is looked at', () => {
  const look = vi.fn();
  new LostMachines([], { look, tell: () => undefined }).take(awaiting);
  expect(look).not.toHaveBeenCalled();
});

test('says it of one and of several', () => {
  expect(offInWords(['w1'])).toBe("w1 does not run: 'npx firedrill lab up' brings it back.");
  expect(offInWords(['e1', 'c1', 'w1'])).toBe("e1, c1 and w1 do not run: 'npx firedrill lab up' brings them back.");
});
