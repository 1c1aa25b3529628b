import { describe, expect, test } from 'vitest';
import { firstBets, secondBets } from '../../lessons/13-an-unplanned-outage/bets.ts';
import { costBets } from '../../lessons/13-an-unplanned-outage/cost.ts';
import { pageSays } from '../../lessons/13-an-unplanned-outage/notepad.ts';
import { saidIn } from '../../lessons/13-an-unplanned-outage/watching.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import type { Second } from '../../scripts/stage/load/second.ts';
import { fakeLab } from '../checks/fake-lab.ts';

const lab = {} as Lab;
/** Power cut at 10 s, all replaced at 50 s, mended at about 60 s. */
const facts = (observed: unknown): DrillFacts => ({ startedAt: 10_000, bittenAt: 50_000, metAt: 65_000, observed });
const bet = (bets: readonly Prediction[], id: string): Prediction => bets.find((one) => one.id === id)!;
const first = firstBets('only here', 'before');
const seen = (seconds: number, saw: unknown) => ({ from: seconds * 1000 - 200, to: seconds * 1000, saw });
const served = (node: string, ...uids: string[]) => uids.map((uid) => ({ uid, node }));
const said = (seconds: number, ready: string[], guestbooks: object[], primaryOn: string[] = []) =>
  seen(seconds, { ready, guestbooks, primaryOn });

const second = (at: number, failed: number): Second => ({
  at: at * 1000,
  due: 300,
  answered: 300 - failed,
  inTime: 300 - failed,
  failures: failed === 0 ? [] : [{ door: 'w1', how: 'unanswered', count: failed, lastAt: at * 1000 + 5000 }],
  late: 0,
  p50Ms: 1,
  p99Ms: 2,
  pods: {},
  final: true,
});
/** 225 of 300 fail in each second from the cut until `until`. */
const load = (until: number) => ({
  seconds: Array.from({ length: 60 }, (_, at) => second(at, at >= 10 && at < until ? 225 : 0)),
  causes: [],
});
const all = ['c1', 'w1', 'w2'];
const four = served('w2', 'c', 'd', 'e', 'f');
const outage = {
  load: load(28),
  said: [
    said(9, all, [...served('w1', 'a', 'b'), ...served('w2', 'c', 'd')], ['w1']),
    said(27, all, served('w2', 'c', 'd')),
    said(28, ['c1', 'w2'], served('w2', 'c', 'd')),
    said(49, ['c1', 'w2'], four),
    said(62, all, four, ['w1']),
  ],
};

describe('the power of w1 is cut', () => {
  test('a comparison needs a first outage in the same run of the program', async () => {
    await expect(async () => bet(secondBets, 'compared').measure(lab, facts(outage))).rejects.toThrow('another run');
  });

  test('each wait is measured from the cut to the first look that saw its end', async () => {
    expect(await bet(first, 'noticed').measure(lab, facts(outage))).toMatchObject({ seconds: 18 });
    expect(await bet(first, 'replaced').measure(lab, facts(outage))).toMatchObject({ seconds: 39 });
    const unnoticed = { ...outage, said: outage.said.slice(0, 2) };
    await expect(async () => bet(first, 'noticed').measure(lab, facts(unnoticed))).rejects.toThrow('not seen');
  });

  test('the share counts until it was noticed, and unhealthy seconds until all was seen', async () => {
    expect(await bet(first, 'share').measure(lab, facts(outage))).toEqual({
      value: 'most',
      saw: '4050 of 5400 failed, 75 %',
    });
    expect(await bet(first, 'unhealthy').measure(lab, facts(outage))).toMatchObject({ seconds: 18, errorSeconds: 1 });
    const blind = load(28).seconds.map((one) => ({ ...one, late: 30 }));
    const untold = { ...outage, load: { seconds: blind, causes: [] } };
    expect(await bet(first, 'unhealthy').measure(lab, facts(untold))).toMatchObject({ seconds: 0, errorSeconds: 41 });
    const unloaded = { ...outage, load: { seconds: [], causes: [] } };
    await expect(async () => bet(first, 'share').measure(lab, facts(unloaded))).rejects.toThrow('no request');
  });

  test('the second outage is compared with the first, by the requests until all was seen', async () => {
    await bet(first, 'share').measure(lab, facts(outage));
    const compared = (until: number) =>
      bet(secondBets, 'compared').measure(lab, facts({ ...outage, load: load(until) }));
    expect(await compared(27)).toEqual({
      value: 'same',
      saw: '4050 requests failed the first time, 3825 the second time',
    });
    expect(await compared(22)).toMatchObject({ value: 'some' });
    expect(await compared(15)).toMatchObject({ value: 'half' });
  });

  test('the only copy is where it was Ready last, before w1 came back', async () => {
    expect(await bet(first, 'only-copy').measure(lab, facts(outage))).toMatchObject({ value: 'waits' });
    const moved = { ...outage, said: [said(49, ['c1', 'w2'], four, ['w2'])] };
    expect(await bet(first, 'only-copy').measure(lab, facts(moved))).toMatchObject({ value: 'moves' });
    const late = { ...outage, said: [said(62, all, four, ['w1'])] };
    await expect(async () => bet(first, 'only-copy').measure(lab, facts(late))).rejects.toThrow('nobody looked');
  });

  test('what nobody observed is not measured', async () => {
    for (const one of [...first, ...secondBets, ...costBets].filter(({ id }) => id !== 'page' && id !== 'message')) {
      await expect(async () => one.measure(lab, facts(undefined)), one.id).rejects.toThrow();
    }
  });
});

describe('the notepad', () => {
  const pods = '/api/v1/namespaces/default/pods?labelSelector=app%3Dnotepad';
  const ready = {
    metadata: { name: 'notepad-1' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  const look = (stdout: string, items: unknown[] = [ready]) =>
    pageSays('only here').look(
      fakeLab({ objects: { [pods]: { items } }, onHost: () => ({ stdout, stderr: 'silent' }) }),
    );

  test.each([
    ['met', 'only here\n\nend\n', /only here/],
    ['unmet', '\nend\n', /no page in notepad-1/],
    ['unmet', 'something else\n\nend\n', /something else/],
  ])('%s: it printed %j', async (kind, stdout, saw) => {
    expect(await look(stdout)).toMatchObject({ kind, saw: expect.stringMatching(saw) as string });
  });

  test('a notepad that does not answer tells nothing', async () => {
    expect((await look('')).kind).toBe('unknown');
    expect((await look('only here\n\nend\n', [])).kind).toBe('unmet');
  });

  test('its page is kept or lost, or nobody can tell', async () => {
    const measure = (stdout: string) =>
      bet(first, 'page').measure(
        fakeLab({ objects: { [pods]: { items: [ready] } }, onHost: () => ({ stdout }) }),
        facts(outage),
      );
    expect(await measure('only here\n\nend\n')).toMatchObject({ value: 'kept' });
    expect(await measure('\nend\n')).toMatchObject({ value: 'lost', saw: 'there is no page in notepad-1' });
    await expect(measure('')).rejects.toThrow('does not tell');
  });
});

describe('the kubelet of w2 is stopped', () => {
  const container = (id: string, started = '100') => ({ id, started });
  const two = [container('x'), container('y')];
  const silence = {
    ...outage,
    said: [said(9, all, four), said(48, ['c1', 'w1'], served('w1', 'g', 'h', 'i', 'j'))],
    onW2: [seen(12, two), seen(48, two), seen(62, [])],
  };

  test('a pod was replaced where its uid is gone', async () => {
    const measure = (...after: object[]) =>
      bet(costBets, 'for-nothing').measure(
        lab,
        facts({ ...silence, said: [said(9, all, four), said(48, ['c1'], after)] }),
      );
    expect(await bet(costBets, 'for-nothing').measure(lab, facts(silence))).toEqual({
      value: 'all',
      saw: '4 of 4 were replaced',
    });
    expect(await measure(...four)).toMatchObject({ value: 'none' });
    expect(await measure(...four.slice(1))).toMatchObject({ value: 'some' });
  });

  test('its containers are looked at until the pods were replaced', async () => {
    const ran = (onW2: unknown) => bet(costBets, 'ran-on').measure(lab, facts({ ...silence, onW2 }));
    expect(await ran(silence.onW2)).toEqual({ value: 'run', saw: '2 of 2 ran on, as the same processes' });
    expect(await ran([seen(12, two), seen(48, [container('x', '900')])])).toMatchObject({ value: 'stopped' });
    await expect(async () => ran([seen(12, [])])).rejects.toThrow('no container');
  });
});

test('what the API server says is told by Ready pods and nodes only', () => {
  const status = (ready: string) => ({ conditions: [{ type: 'Ready', status: ready }] });
  const pod = (uid: string, nodeName: string, labels: object, ready = 'True') =>
    ({ metadata: { uid, labels }, spec: { nodeName }, status: status(ready) }) as never;
  const seenNow = saidIn(
    [
      { metadata: { name: 'w1' }, status: status('Unknown') },
      { metadata: { name: 'w2' }, status: status('True') },
    ] as never[],
    [
      pod('a', 'w1', { app: 'guestbook' }, 'False'),
      pod('b', 'w2', { app: 'guestbook' }),
      pod('p', 'w1', { app: 'redis', role: 'primary' }),
      pod('r', 'w2', { app: 'redis', role: 'replica' }),
    ],
  );
  expect(seenNow).toEqual({ ready: ['w2'], guestbooks: [{ uid: 'b', node: 'w2' }], primaryOn: ['w1'] });
});
