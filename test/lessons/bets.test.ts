import { expect, test } from 'vitest';
import { failedForward, replacedAfter, sideBySide } from '../../lessons/02-run-an-app/bets.ts';
import { pathBets } from '../../lessons/03-understand-the-network/path-drill.ts';
import { sample, within } from '../../lessons/sampling.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

const lab = {} as Lab;
const facts = (observed: unknown) => ({ startedAt: 1000, metAt: 9000, observed });
const visit = (sentAt: number, ok = true, version = '1') => ({ sentAt, answeredAt: sentAt + 10, ok, version });
const seen = (from: number, saw: unknown) => ({ from, to: from + 100, saw });

test('a pod is replaced from the first look that misses one until the first that has all again', async () => {
  const ready = [6, 6, 5, 5, 6, 6].map((saw, index) => seen(1000 + 200 * index, saw));
  expect(await replacedAfter.measure(lab, facts({ readyPods: ready }))).toMatchObject({
    seconds: 0.4,
    errorSeconds: 0.3,
  });
});

test.each([[[]], [[6, 6, 6]], [[6, 5, 5]]])('nothing is measured where the moment was not seen: %j', async (counts) => {
  const ready = counts.map((saw, index) => seen(1000 + 200 * index, saw));
  await expect(async () => replacedAfter.measure(lab, facts({ readyPods: ready }))).rejects.toThrow('not seen');
});

test('failed requests are counted, and none is not the same as nobody came', async () => {
  const visits = Array.from({ length: 100 }, (_, index) => visit(index, index !== 7));
  expect(await failedForward.measure(lab, facts({ visits }))).toEqual({
    value: 'few',
    saw: '1 of 100 requests failed',
  });
  expect(await failedForward.measure(lab, facts({ visits: visits.slice(10) }))).toMatchObject({ value: 'none' });
  expect(await failedForward.measure(lab, facts({ visits: visits.slice(0, 10) }))).toMatchObject({ value: 'many' });
  await expect(async () => failedForward.measure(lab, facts(undefined))).rejects.toThrow('did not come');
});

test('what failed while the visitor was held up is doubted, and hides no other failure', async () => {
  const before = Array.from({ length: 10 }, (_, index) => visit(index * 50));
  const heldUp = [...before, visit(3000, false), visit(3050)];
  expect(await failedForward.measure(lab, facts({ visits: heldUp }))).toMatchObject({
    value: 'many',
    doubt: expect.stringContaining('held up') as string,
  });
  const later = Array.from({ length: 120 }, (_, index) => visit(3100 + index * 50, index !== 119));
  expect(await failedForward.measure(lab, facts({ visits: [...heldUp, ...later] }))).not.toHaveProperty('doubt');
});

test('two versions answer side by side from the first answer by the new to the last by the old', async () => {
  const visits = [visit(0, true, '2'), visit(1000), visit(2000, true, '2'), visit(5000, true, '2'), visit(6000)];
  expect(await sideBySide.measure(lab, facts({ visits }))).toMatchObject({ seconds: 4 });
});

test('only what was seen while the fault was in force is measured', async () => {
  const whole = { there: true, back: true, nodesReady: true, failed: 0 };
  const cut = { there: false, back: false, nodesReady: true, failed: 10 };
  const observed = [seen(500, whole), seen(950, whole), seen(2000, cut), seen(8950, whole)];
  expect(within(observed, 1000, 9000)).toEqual([cut]);
  const measured = await Promise.all(pathBets.map((bet) => bet.measure(lab, facts(observed))));
  expect(measured).toMatchObject([{ value: 'no' }, { value: 'none' }, { value: 'some' }]);
  expect(() => within([], 1000, 9000)).toThrow('before anything could be measured');
});

test('sampling leaves out looks that failed, and looks once more after the step', async () => {
  const over = new AbortController();
  let looks = 0;
  const samples = await sample(over.signal, 0, () => {
    looks += 1;
    if (looks === 3) over.abort();
    return looks === 2 ? Promise.reject(new Error('away')) : Promise.resolve(looks);
  });
  expect(samples.map(({ saw }) => saw)).toEqual([1, 3, 4]);
});
