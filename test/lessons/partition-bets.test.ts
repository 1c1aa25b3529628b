import { describe, expect, test } from 'vitest';
import { cutBets } from '../../lessons/10-a-node-partitioned-from-the-api/cut-drill.ts';
import { lossBets, loseOneWay } from '../../lessons/10-a-node-partitioned-from-the-api/loss-drill.ts';
import { cutMost, mostBets } from '../../lessons/10-a-node-partitioned-from-the-api/most-drill.ts';
import { gracePeriodIn, tolerationIn } from '../../lessons/10-a-node-partitioned-from-the-api/patience.ts';
import { secondsUntilSeen } from '../../lessons/moments.ts';
import { isReadyNode, w2AndPods } from '../../lessons/node-and-pods.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { fakeLab } from '../checks/fake-lab.ts';

const lab = {} as Lab;
/** Cut at 1 s, given up at 60 s, mended at about 70 s. */
const facts = (observed: unknown): DrillFacts => ({ startedAt: 1000, bittenAt: 60_000, metAt: 75_000, observed });
const bet = (bets: readonly Prediction[], id: string): Prediction => bets.find((one) => one.id === id)!;
const seen = (seconds: number, saw: unknown) => ({ from: seconds * 1000 - 200, to: seconds * 1000, saw });
const visits = (from: number, to: number, ok = true) =>
  Array.from({ length: to - from }, (_, index) => ({ sentAt: (from + index) * 1000, answeredAt: 0, ok }));
const container = (id: string, started = '100') => ({ id, started });
const said = (seconds: number, w2Ready: boolean, readyOnW1: number) => seen(seconds, { w2Ready, readyOnW1 });

const both = [container('a'), container('b')];
const partition = {
  throughW1: visits(1, 90),
  throughW2: [...visits(1, 71), ...visits(71, 75, false), ...visits(75, 90)],
  said: [
    said(0.5, true, 2),
    said(15, true, 2),
    said(17, false, 2),
    said(42, false, 3),
    said(43, false, 4),
    said(72, true, 4),
  ],
  onW2: [seen(0.5, both), seen(20, both), seen(59, both), seen(74, [])],
};

describe('the line to the API server is cut', () => {
  test('times count from the cut to the first look that saw it', async () => {
    expect(await bet(cutBets, 'not-ready').measure(lab, facts(partition))).toMatchObject({
      seconds: 16,
      errorSeconds: 2.2,
    });
    expect(await bet(cutBets, 'replaced').measure(lab, facts(partition))).toMatchObject({ seconds: 42 });
    const never = { ...partition, said: partition.said.slice(0, 2) };
    await expect(async () => bet(cutBets, 'not-ready').measure(lab, facts(never))).rejects.toThrow('not seen');
  });

  test('the node believes what its containers do at the moment when they are given up', async () => {
    const believes = (onW2: unknown) => bet(cutBets, 'node-believes').measure(lab, facts({ ...partition, onW2 }));
    expect(await believes(partition.onW2)).toEqual({
      value: 'run',
      saw: '2 of 2 ran on, as the same processes',
    });
    expect(await believes([seen(2, both), seen(59, [])])).toMatchObject({ value: 'stopped' });
    expect(await believes([seen(2, both), seen(59, [container('a', '900')])])).toMatchObject({ value: 'restarted' });
    await expect(async () => believes([seen(70, both)])).rejects.toThrow('before anything could be measured');
    await expect(async () => believes([seen(2, []), seen(59, [])])).rejects.toThrow('no container');
  });

  test('visits are counted for each worker, and by when they failed', async () => {
    const measure = (id: string, over: object) => bet(cutBets, id).measure(lab, facts({ ...partition, ...over }));
    expect(await measure('lost-through-w1', {})).toEqual({ value: 'none', saw: '0 of 60 visits through w1 failed' });
    expect(await measure('lost-through-w1', { throughW1: visits(1, 60, false) })).toMatchObject({ value: 'many' });
    expect(await measure('lost-through-w2', {})).toEqual({
      value: 'back',
      saw: '0 of 60 failed until its pods were replaced, 4 of 30 after that',
    });
    expect(await measure('lost-through-w2', { throughW2: visits(1, 90) })).toMatchObject({ value: 'never' });
    expect(await measure('lost-through-w2', { throughW2: visits(1, 90, false) })).toMatchObject({ value: 'both' });
    await expect(async () => measure('lost-through-w2', { throughW2: [] })).rejects.toThrow('no visitor');
  });

  test('old pods are those that ran before, by the word of the machine', async () => {
    const old = (last: unknown, readyOnW1: number) =>
      bet(cutBets, 'old-pods').measure(
        lab,
        facts({ ...partition, onW2: [seen(0.5, both), seen(80, last)], said: [said(80, true, readyOnW1)] }),
      );
    expect(await old([], 4)).toMatchObject({ value: 'stopped' });
    expect(await old([container('c')], 4)).toMatchObject({ value: 'stopped', saw: '0 of 2 run now; w1 has 4' });
    expect(await old(both, 4)).toMatchObject({ value: 'beside' });
    expect(await old(both, 2)).toMatchObject({ value: 'instead' });
  });

  test('what nobody observed is not measured', async () => {
    for (const one of cutBets) await expect(async () => one.measure(lab, facts(undefined)), one.id).rejects.toThrow();
  });
});

describe('nineteen of twenty packets are lost', () => {
  test('whether w2 heard is told by its last look before it was back', async () => {
    const hears = (onW2: unknown) =>
      bet(lossBets, 'hears').measure(lab, facts({ ...partition, onW2, said: notReadyUntil70 }));
    const notReadyUntil70 = [said(0.5, true, 2), said(20, false, 2), said(70, false, 4), said(72, true, 4)];
    expect(await hears([seen(2, both), seen(68, []), seen(74, [])])).toEqual({
      value: 'stopped',
      saw: '0 ran 8 s after the others had taken their place',
    });
    expect(await hears([seen(2, both), seen(68, both), seen(74, [])])).toMatchObject({ value: 'run' });
    await expect(async () => hears([seen(74, [])])).rejects.toThrow('nobody looked');
  });

  test('it is the far end that loses them, and only what w2 sends', () => {
    const { machines } = createLayout({ name: 'drill' });
    const fault = loseOneWay({ machine: (name: string) => machines.find((one) => one.name === name)! } as Lab);
    expect(fault.machine).toBe('c1');
    expect(fault.inject).toContain('-s 10.0.3.202 -p tcp --dport 6443 -m statistic --mode random --probability 0.9500');
    expect(fault.inject).not.toContain('-d 10.0.3.202');
    expect(fault.title).not.toContain('c1');
  });
});

describe('most workers are cut off', () => {
  const lost = (...losesPods: boolean[]) =>
    losesPods.map((loses, index) => ({ name: `w${index + 2}`, notReadySince: 20_000, losesPods: loses }));

  test('who loses pods is told by the last look before anybody mended it', async () => {
    const who = (...nodes: unknown[]) => bet(mostBets, 'who-loses-pods').measure(lab, facts({ nodes }));
    expect(
      await who(
        seen(30, lost(false, false, false)),
        seen(59, lost(false, true, false)),
        seen(80, lost(true, true, true)),
      ),
    ).toEqual({
      value: '1',
      saw: 'the pods of w3 were told to go',
    });
    expect(await who(seen(59, lost(false, false, false)))).toMatchObject({ value: '0' });
    await expect(async () => who(seen(59, lost(true)))).rejects.toThrow('all three');
    await expect(async () => who()).rejects.toThrow('all three');
  });

  test('one rule on the controller reaches all of them, requests and answers', () => {
    const machine = (name: string) => ({ name, address: `10.0.3.${name.slice(1)}`, roles: ['worker'], number: 200 });
    const { inject } = cutMost({ machine } as unknown as Lab);
    for (const rule of ['-s 10.0.3.4 -p tcp --dport 6443 -j DROP', '-d 10.0.3.4 -p tcp --sport 6443 -j DROP']) {
      expect(inject).toContain(rule);
    }
  });
});

test('both patiences are read from what is told to the lab', () => {
  const pod = (spec: object) => ({ spec }) as never;
  const tolerations = [
    { key: 'node.kubernetes.io/not-ready', tolerationSeconds: 7 },
    { key: 'node.kubernetes.io/unreachable', tolerationSeconds: 20 },
  ];
  expect(tolerationIn(pod({ tolerations }))).toBe('20');
  expect(tolerationIn(pod({ tolerations: [{ key: 'node.kubernetes.io/unreachable' }] }))).toBeUndefined();
  expect(tolerationIn(undefined)).toBeUndefined();
  const args = ['--node-monitor-period=2s', '--node-monitor-grace-period=16s'];
  expect(gracePeriodIn(pod({ containers: [{ args }] }))).toBe('16');
  expect(gracePeriodIn(pod({ containers: [{ command: ['x'] }] }))).toBeUndefined();
});

test('looks before the moment do not count', () => {
  const looks = [seen(1, 'yes'), seen(4, 'no'), seen(6, 'yes')] as { from: number; to: number; saw: string }[];
  expect(secondsUntilSeen(looks, 3000, 'it', (saw) => saw === 'yes')).toEqual({ seconds: 3, errorSeconds: 2.2 });
});

test('of the pods of the guestbook only those that are Ready and may stay are told', async () => {
  const pod = (name: string, status: string, metadata: object = {}) => ({
    metadata: { name, ...metadata },
    status: { conditions: [{ type: 'Ready', status }] },
  });
  const items = [pod('a', 'True'), pod('b', 'False'), pod('c', 'True', { deletionTimestamp: 'now' })];
  const node = { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } };
  const pods = '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook';
  const { w2, ready } = await w2AndPods(fakeLab({ objects: { '/api/v1/nodes/w2': node, [pods]: { items } } }));
  expect(ready.map(({ metadata }) => metadata?.name)).toEqual(['a']);
  expect(isReadyNode(w2)).toBe(false);
});
