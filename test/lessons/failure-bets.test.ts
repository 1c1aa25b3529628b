import { describe, expect, test } from 'vitest';
import { firstBets, rememberLeader, secondBets } from '../../lessons/04-failure-domains/bets.ts';
import { etcdSurvivesAnyRack } from '../../lessons/04-failure-domains/racks.ts';
import { apiServerBets } from '../../lessons/09-control-plane-failures/api-server-drill.ts';
import { controllerBets } from '../../lessons/09-control-plane-failures/controller-drill.ts';
import { takeAway } from '../../lessons/09-control-plane-failures/missing.ts';
import { schedulerBets, waitedForNode } from '../../lessons/09-control-plane-failures/scheduler-drill.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import { scoreBets } from '../../scripts/course/predictions.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from '../checks/fake-lab.ts';

const lab = {} as Lab;
const facts = (observed: unknown) => ({ startedAt: 1000, bittenAt: 9000, metAt: 20_000, observed });
const visits = (...ok: boolean[]) => ok.map((one, index) => ({ sentAt: 1000 + index * 1000, answeredAt: 0, ok: one }));
const seen = (from: number, saw: unknown) => ({ from, to: from + 100, saw });
const bet = (bets: readonly Prediction[], id: string): Prediction => bets.find((one) => one.id === id)!;

/** Questions whose answer is not what the page says. */
async function refused(bets: readonly Prediction[], of: DrillFacts): Promise<string[]> {
  const questions: string[] = [];
  await scoreBets(bets, new Map(), of, lab, (event) => {
    expect(event.type).toBe('prediction-scored');
    if (event.type === 'prediction-scored' && event.unexpected !== undefined) questions.push(event.question);
  });
  return bets.filter(({ question }) => questions.includes(question)).map(({ id }) => id);
}

const placed = (data: object) =>
  etcdSurvivesAnyRack().look(fakeLab({ objects: { '/api/v1/namespaces/default/configmaps/racks': { data } } }));

test.each([
  ['met', { e1: 'c', e2: 'a', e3: 'b' }],
  ['unmet', { e1: 'a', e2: 'a', e3: 'b' }],
  ['unmet', { e1: 'a', e2: 'b' }],
  ['unmet', { e1: 'a', e2: 'b', e3: 'd' }],
])('%s: members placed as %j', async (kind, data) => {
  expect((await placed(data)).kind).toBe(kind);
});

test('the dark is measured until its consequences were seen, and the second is compared with the first', async () => {
  const nodes = [seen(900, { w2Ready: true }), seen(5000, { w2Ready: true }), seen(5500, { w2Ready: false })];
  const members = ['e1', 'e2', 'e3'].map((name, index) => ({
    name,
    answers: true,
    memberId: String(index),
    leaderId: '1',
    isLeader: name === 'e2',
  }));
  await rememberLeader({ etcd: { members: () => Promise.resolve(members) } } as unknown as Lab);
  const leaders = [seen(5000, undefined), seen(8000, 'e1')];
  const first = { visits: [...visits(...Array.from({ length: 9 }, () => false)), ...visits(true)], nodes, leaders };
  await expect(async () => bet(secondBets, 'compared').measure(lab, facts(first))).rejects.toThrow('another run');
  expect(await bet(firstBets, 'lost-visits').measure(lab, facts(first))).toEqual({
    value: 'most',
    saw: '9 of 10 visits failed',
  });
  expect(await bet(firstBets, 'trouble').measure(lab, facts(first))).toMatchObject({ seconds: 8 });
  expect(await bet(firstBets, 'noticed').measure(lab, facts(first))).toMatchObject({ seconds: 4.6, errorSeconds: 0.6 });
  expect(await bet(firstBets, 'etcd').measure(lab, facts(first))).toMatchObject({
    value: 'on',
    saw: expect.stringContaining('e1 after') as string,
  });
  const second = { ...first, visits: visits(true, false, true, false, true, true) };
  expect(await bet(secondBets, 'compared').measure(lab, facts(second))).toMatchObject({ value: 'fewer' });
  expect(await bet(secondBets, 'lost-visits-spread').measure(lab, facts(second))).toMatchObject({ value: 'half' });
});

describe('what the page says of a dark rack', () => {
  const notReadyAt = (seconds: number) => [
    seen(900, { w2Ready: true }),
    seen(seconds * 1000 - 500, { w2Ready: true }),
    seen(seconds * 1000, { w2Ready: false }),
  ];
  /** A visit a second for this long, and what is seen meanwhile. */
  const darkness = (seconds: number, isServed: (second: number) => boolean, noticedAt = 18) => ({
    startedAt: 1000,
    bittenAt: 1000 + seconds * 1000,
    metAt: 200_000,
    observed: {
      visits: visits(...Array.from({ length: seconds }, (_, second) => isServed(second))),
      nodes: notReadyAt(noticedAt),
      leaders: [seen(10_000, 'e3')],
    },
  });
  const all = darkness(42, (second) => second > 38);
  const half = darkness(20, (second) => second % 2 === 1 || second > 17);

  test('is what is expected', async () => {
    expect(await refused(firstBets, all)).toEqual([]);
    expect(await refused(secondBets, half)).toEqual([]);
  });

  test('refuses another outcome', async () => {
    expect(
      await refused(
        firstBets,
        darkness(20, () => true, 4),
      ),
    ).toEqual(['lost-visits', 'trouble', 'noticed']);
    expect(await refused(firstBets, half)).toEqual(['lost-visits', 'trouble']);
    expect(await refused(secondBets, all)).toEqual(['lost-visits-spread', 'compared']);
  });
});

test("an API server's outage is measured from the first look that failed to the first that did not", async () => {
  const ready = [seen(500, true), seen(1100, false), seen(3100, false), seen(3300, true), seen(3500, true)];
  const back = bet(apiServerBets, 'back-after');
  expect(await back.measure(lab, facts({ ready }))).toMatchObject({ seconds: 2.3 });
  await expect(async () => back.measure(lab, facts({ ready: ready.slice(0, 3) }))).rejects.toThrow('not seen');
});

test('a new pod that had no node in two looks in a row waited; one look may fall into the moment that each pod needs', async () => {
  const placed = (...looks: boolean[]) => ({ placed: looks.map((hasNode, index) => seen(500 * index, hasNode)) });
  const measure = (of: object) => bet(schedulerBets, 'new-pod').measure(lab, facts(of));
  expect(await measure(placed(false, false, false, true))).toMatchObject({ value: 'waits' });
  expect(await measure(placed(false, true, true))).toMatchObject({ value: 'runs' });
  await expect(async () => measure(placed())).rejects.toThrow('nobody saw');
});

test('how long a pod waited is read from the pod', () => {
  const conditions = [{ type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:42Z' }];
  const pod = { metadata: { creationTimestamp: '2026-01-01T00:00:02Z' }, status: { conditions } };
  expect(waitedForNode(pod as never)).toBe(40);
  expect(() => waitedForNode({ ...pod, status: {} } as never)).toThrow('no node');
});

test('nobody replaces a pod while nobody manages, and the old count is still shown', async () => {
  const count = (time: number, managed: boolean, pods: number) => seen(time, { managed, pods, ready: 4 });
  const counts = [count(900, true, 4), count(1500, false, 4), count(4000, false, 3), count(9000, false, 3)];
  const observed = { visits: visits(true), counts: [...counts, count(12_000, true, 4)] };
  const measure = (id: string, of: object) => bet(controllerBets, id).measure(lab, facts(of));
  expect(await measure('deleted-pod', observed)).toMatchObject({ value: 'missing' });
  expect(await measure('what-it-says', observed)).toMatchObject({ value: 'well' });
  const quick = { ...observed, counts: counts.filter((_, index) => index !== 1) };
  expect(await measure('deleted-pod', quick)).toMatchObject({ value: 'missing' });
  await expect(async () => measure('deleted-pod', { ...observed, counts: counts.slice(0, 2) })).rejects.toThrow(
    'no pod',
  );
});

test('a pod that is replaced while nobody manages, and noticed by nobody, is not what the page says', async () => {
  const count = (time: number, managed: boolean, pods: number, ready = 4) => seen(time, { managed, pods, ready });
  const lost = [count(900, true, 4), count(1500, false, 4), count(4000, false, 3)];
  const told = facts({ visits: visits(true, false, true), counts: lost });
  expect(await refused(controllerBets, told)).toEqual([]);
  const replaced = facts({ visits: visits(true), counts: [...lost, count(5000, false, 4)] });
  expect(await refused(controllerBets, replaced)).toEqual(controllerBets.map(({ id }) => id));
});

test('the title of a drill does not say who is missing', () => {
  expect(takeAway('kube-scheduler').title).toBe(takeAway('kube-controller-manager').title);
});
