import { describe, expect, test } from 'vitest';
import { inTurnBets, plannedBets } from '../../lessons/12-a-scheduled-outage/bets.ts';
import { bringUpdateProgram, updateIsInForce, updateWaits } from '../../lessons/12-a-scheduled-outage/update.ts';
import { workersIn } from '../../lessons/12-a-scheduled-outage/watching.ts';
import { failedRequests, noneFail, someFail } from '../../lessons/under-load.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from '../checks/fake-lab.ts';

const lab = {} as Lab;
const facts = (observed: unknown): DrillFacts => ({ startedAt: 1000, metAt: 9000, observed });
const bet = (bets: readonly Prediction[], id: string): Prediction => bets.find((one) => one.id === id)!;
const look = (seconds: number, cordoned: string[] = [], notReady: string[] = []) => ({
  from: seconds * 1000 - 200,
  to: seconds * 1000,
  saw: { cordoned, notReady },
});

describe('requests that failed', () => {
  const second = (due: number, failed: number) => ({ due, failures: failed === 0 ? [] : [{ count: failed }] });
  const measure = (load: object | undefined) => failedRequests('id', '?').measure(lab, facts({ load }));

  test('all are counted, with the cause of most of them', async () => {
    const causes = [
      { event: { says: 'w2 was cordoned' }, failed: 2 },
      { event: { says: 'guestbook-a on w2 is told to stop' }, failed: 300 },
    ];
    expect(await measure({ seconds: [second(300, 2), second(300, 300), second(700, 0)], causes })).toEqual({
      value: 'hundreds',
      saw: '302 of 1,300 requests failed, 300 of them after: guestbook-a on w2 is told to stop',
    });
    expect(await measure({ seconds: [second(300, 3)], causes: [{ event: undefined, failed: 3 }] })).toEqual({
      value: 'few',
      saw: '3 of 300 requests failed, 3 of them after: nothing that was seen',
    });
    expect(await measure({ seconds: [second(300, 100)], causes: [] })).toMatchObject({ value: 'tens' });
    expect(await measure({ seconds: [second(300, 0)], causes: [] })).toEqual({
      value: 'none',
      saw: '0 of 300 requests failed',
    });
  });

  test('a load that never began is no load without failures', async () => {
    await expect(async () => measure({ seconds: [], causes: [] })).rejects.toThrow('no request was sent');
    await expect(async () => measure(undefined)).rejects.toThrow('no load');
  });
});

describe('requests that failed while the load generator was late', () => {
  type Told = [at: number, failed?: number, leftLate?: number];
  const load = (...told: Told[]) => ({
    seconds: told.map(([at, failed = 0, leftLate = 0]) => ({
      ...{ at: at * 1000, due: 300, late: leftLate, leftLate },
      failures: failed === 0 ? [] : [{ count: failed }],
    })),
    causes: [],
  });
  const measure = (expected: readonly string[] | undefined, ...told: Told[]) =>
    failedRequests('id', '?', expected).measure(lab, facts({ load: load(...told) }));

  test('may have failed because of the computer, and that is said with how late it was', async () => {
    expect(await measure(noneFail, [1], [2, 0, 60], [3, 5])).toEqual({
      value: 'few',
      saw: '5 of 900 requests failed',
      doubt: 'the load generator itself was late (7 % of its requests)',
    });
    expect(await measure(['none', 'few'], [1, 3], [2, 90, 60])).toHaveProperty('doubt');
  });

  test.each<[string, readonly string[] | undefined, ...Told[]]>([
    ['no request left late', noneFail, [1], [2, 5]],
    ['one of 100 left late, and no more', noneFail, [1], [2, 5, 6]],
    ['they failed before it was late', noneFail, [1, 5], [2, 0, 60]],
    ['they failed more than ten seconds after it was late', noneFail, [1, 0, 60], [11, 5]],
    ['one failed while it was in time, which is more than the page says', noneFail, [1, 1], [2, 90, 60]],
    ['as many failed as the page says', someFail, [1], [2, 90, 60]],
    ['none failed', noneFail, [1], [2, 0, 60]],
    ['fewer failed than the page says', ['hundreds'], [1], [2, 90, 60]],
    ['none failed, and the page says that some do', someFail, [1], [2, 0, 60]],
    ['the page says nothing, and the answer is the same without them', undefined, [1, 50], [2, 40, 60]],
  ])('are not doubted where %s', async (_, expected, ...told) => {
    expect(await measure(expected, ...told)).not.toHaveProperty('doubt');
  });

  test('are doubted for a learner where the page says nothing, and they make another answer', async () => {
    expect(await measure(undefined, [1, 5], [2, 40, 60])).toMatchObject({
      value: 'tens',
      doubt: expect.any(String) as string,
    });
  });
});

test('w2 is out from the first look that sees it cordoned to the first that does not', async () => {
  const measure = (...workers: unknown[]) => bet(plannedBets, 'without-w2').measure(lab, facts({ workers }));
  expect(await measure(look(1), look(2, ['w2']), look(9, ['w2']), look(10))).toEqual({
    seconds: 8.2,
    errorSeconds: 2.2,
    saw: 'w2 was cordoned for 8.2 s',
  });
  await expect(async () => measure(look(1), look(2, ['w1']), look(3))).rejects.toThrow('not seen');
  await expect(async () => measure(look(1), look(2, ['w2']))).rejects.toThrow('not seen');
  await expect(async () => measure()).rejects.toThrow('nobody looked');
});

test('what is said of w2 is counted in seconds, not in looks', async () => {
  const measure = (...workers: unknown[]) => bet(plannedBets, 'said-of-w2').measure(lab, facts({ workers }));
  expect(await measure(look(1), look(2, [], ['w1']), look(3))).toMatchObject({ value: 'ready' });
  expect(await measure(look(1), look(2, [], ['w2']), look(5))).toEqual({
    value: 'moment',
    saw: 'it was NotReady for 3.0 s',
  });
  expect(await measure(look(2, [], ['w2']), look(14, [], ['w2']), look(15))).toMatchObject({ value: 'long' });
});

test('how many are out at once, once both were seen to be out', async () => {
  const measure = (...workers: unknown[]) => bet(inTurnBets, 'at-once').measure(lab, facts({ workers }));
  expect(await measure(look(1), look(2, ['w2']), look(3), look(4, ['w1']))).toEqual({
    value: '1',
    saw: 'w1 and w2 were cordoned, at most 1 at once',
  });
  expect(await measure(look(2, ['w2']), look(3, ['w1', 'w2']))).toMatchObject({ value: '2' });
  await expect(async () => measure(look(2, ['w2']), look(3))).rejects.toThrow('1 of two workers');
});

test('workers are known by their names, and one that says nothing is not Ready', () => {
  const node = (name: string, status?: string, unschedulable?: boolean) =>
    ({
      metadata: { name },
      spec: { unschedulable },
      ...(status === undefined ? {} : { status: { conditions: [{ type: 'Ready', status }] } }),
    }) as never;
  expect(workersIn([node('c1', 'False'), node('w1', 'True', true), node('w2', 'Unknown'), node('w3')])).toEqual({
    cordoned: ['w1'],
    notReady: ['w2', 'w3'],
  });
});

describe('an update', () => {
  test.each([
    ['none', 'unmet', 'unmet'],
    ['waits', 'met', 'unmet'],
    ['inForce', 'unmet', 'met'],
    ['', 'unknown', 'unknown'],
  ])('%s: waiting is %s, in force is %s', async (state, waits, inForce) => {
    const machine = fakeLab({ on: () => ({ stdout: `${state}\n` }) });
    expect((await updateWaits('w2').look(machine)).kind).toBe(waits);
    expect((await updateIsInForce('w2').look(machine)).kind).toBe(inForce);
  });

  test('its program comes to each machine, and notes down the boot in which it runs', async () => {
    const inputs: string[] = [];
    const machines: string[] = [];
    const on = (machine: string, _: string, options: { input: string }) => {
      machines.push(machine);
      inputs.push(options.input);
      return Promise.resolve({ exitCode: 0 });
    };
    await bringUpdateProgram({ on } as unknown as Lab, 'w1', 'w2');
    expect(machines).toEqual(['w1', 'w2']);
    expect(inputs[0]).toMatch(/^#!\/bin\/sh\n/);
    expect(inputs[0]).toContain('/proc/1/stat)" > /etc/firedrill/update');
  });
});
