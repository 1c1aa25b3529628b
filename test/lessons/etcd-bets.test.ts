import { expect, test } from 'vitest';
import { leaderGap as ringGap } from '../../lessons/05-play-with-etcd/bets.ts';
import * as backup from '../../lessons/06-etcd-back-up-and-restore/bets.ts';
import { failedWrites, leaderGap } from '../../lessons/07-etcd-down-for-the-api-server/bets.ts';
import { comebackBets } from '../../lessons/08-etcd-restored-for-the-api-server/comeback.ts';
import { writeToEtcd } from '../../lessons/etcd-writer.ts';
import { scoreBets } from '../../scripts/course/predictions.ts';
import type { CourseEvent } from '../../scripts/course/ui.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

const lab = {} as Lab;
const facts = (observed: unknown) => ({ startedAt: 0, metAt: 60_000, observed });
const write = (at: number, ok = true) => ({ sentAt: at - 5, answeredAt: at, ok });
const steady = (from: number, to: number) =>
  Array.from({ length: (to - from) / 100 }, (_, index) => write(from + 100 * index));
const at = <T>(seconds: number, saw: T) => ({ from: seconds * 1000 - 200, to: seconds * 1000, saw });

test('the gap of an election is the longest time between two confirmed writes', async () => {
  const writes = [...steady(0, 2000), write(2400, false), ...steady(3200, 6000)];
  expect(await leaderGap.measure(lab, facts(writes))).toMatchObject({ seconds: 1.3, errorSeconds: 0.2 });
  await expect(async () => leaderGap.measure(lab, facts(writes.map((one) => ({ ...one, ok: false }))))).rejects.toThrow(
    'confirmed',
  );
});

test.each([
  ['is hardly there, as after a goodbye, is refused', 2100, '0.8 to 10 s'],
  ['has the length of a time-out is expected', 3600, undefined],
])('a gap without a leader that %s', async (_, nextAt, unexpected) => {
  const writes = [...steady(0, 2000), ...steady(nextAt, 6000)];
  const events: CourseEvent[] = [];
  await scoreBets([ringGap], new Map(), facts(writes), lab, (event) => events.push(event));
  const refusals = events.map((event) => (event.type === 'prediction-scored' ? event.unexpected : event.type));
  expect(refusals).toEqual([unexpected]);
});

test('failed writes are counted; nobody who wrote is not the same as nothing that failed', async () => {
  expect(await failedWrites.measure(lab, facts(steady(0, 2000)))).toMatchObject({ value: 'none' });
  expect(await failedWrites.measure(lab, facts([...steady(0, 2000), write(2100, false)]))).toMatchObject({
    value: 'some',
  });
  await expect(async () => failedWrites.measure(lab, facts(undefined))).rejects.toThrow('too few');
});

test('a writer turns to the next member, and a write that nobody confirms has failed', async () => {
  const over = new AbortController();
  const asked: string[] = [];
  const call = (member: string): Promise<unknown> => {
    asked.push(member);
    if (asked.length >= 5) over.abort();
    return member === 'e1' || asked.length >= 5 ? Promise.reject(new Error('away')) : Promise.resolve({});
  };
  const machinesWithRole = () => ['e1', 'e2'].map((name) => ({ name }));
  const writes = await writeToEtcd({ etcd: { call }, machinesWithRole } as unknown as Lab, over.signal);
  expect(asked.slice(0, 3)).toEqual(['e1', 'e2', 'e2']);
  expect(writes.filter(({ ok }) => ok).length).toBeGreaterThan(1);
  expect(writes.at(-1)?.ok).toBe(false);
});

interface Moment {
  leader: boolean;
  api: boolean;
  page: boolean;
  key: boolean | undefined;
}
/** What lesson 06 observes, from moments at these seconds. */
const disaster = (...moments: [number, Moment][]) => {
  const series = <Key extends keyof Moment>(key: Key) => moments.map(([seconds, saw]) => at(seconds, saw[key]));
  return { leader: series('leader'), api: series('api'), page: series('page'), key: series('key') };
};

test('after a restore, times count from the first leader after the longest outage until all is well for good', async () => {
  const moment = (leader: boolean, api: boolean, page: boolean): Moment => ({ leader, api, page, key: true });
  const moments: [number, Moment][] = [
    [0, moment(false, true, false)],
    [1, moment(true, true, false)],
    [2, moment(false, false, false)],
    [2.5, moment(false, false, false)],
    [3, moment(true, true, false)],
    [4, moment(true, false, false)],
    [5, moment(true, true, false)],
    [6, moment(false, true, false)],
    [9, moment(true, true, true)],
  ];
  const seen = facts(disaster(...moments));
  expect(await backup.apiAfterRestore.measure(lab, seen)).toMatchObject({ seconds: 2, errorSeconds: 0.7 });
  expect(await backup.appBackAfter.measure(lab, seen)).toMatchObject({ seconds: 6 });
  expect(await backup.visitorsDuringRestore.measure(lab, seen)).toMatchObject({ value: 'some' });
  for (const part of [moments.slice(1, 4), moments.slice(4, 7)]) {
    const missed = facts(disaster(...part));
    await expect(async () => backup.appBackAfter.measure(lab, missed)).rejects.toThrow('not seen');
  }
});

test('the app goes down some time after the keys are gone', async () => {
  const moment = (key: boolean | undefined, page: boolean): Moment => ({ leader: true, api: true, key, page });
  const moments: [number, Moment][] = [
    [1, moment(true, true)],
    [2, moment(undefined, true)],
    [3, moment(false, true)],
    [4.5, moment(false, false)],
  ];
  expect(await backup.appDownAfter.measure(lab, facts(disaster(...moments)))).toMatchObject({
    seconds: 1.5,
    errorSeconds: 1.2,
  });
  const served = facts(disaster(...moments.slice(0, 3)));
  await expect(async () => backup.appDownAfter.measure(lab, served)).rejects.toThrow('no visit failed');
});

test('only signs of life that were given after the outage count', async () => {
  const moment = (seconds: number, leader: boolean, controllers: number, kubelets: number, notReady: string[] = []) =>
    at(seconds, { leader, api: leader, controllersAt: controllers * 1000, kubeletsAt: kubelets * 1000, notReady });
  const observed = [
    moment(1, true, 0.5, 0.5),
    moment(10, false, 0.5, 0.5),
    moment(11, true, 1, 1),
    moment(14, true, 1, 13, ['w1']),
    moment(18, true, 17, 13),
  ];
  const measured = await Promise.all(comebackBets.map((bet) => bet.measure(lab, facts(observed))));
  expect(measured).toMatchObject([{ seconds: 0 }, { seconds: 7 }, { seconds: 3 }, { value: 'some' }]);
  await expect(async () => comebackBets[0]?.measure(lab, facts(observed.slice(2)))).rejects.toThrow('way back');
});
