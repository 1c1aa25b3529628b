import { expect, test } from 'vitest';
import {
  byHandBets,
  drainedBets,
  halfWayBets,
  rolledBackBets,
} from '../../lessons/14-downgrade-and-upgrade-a-node/bets.ts';
import { olderKubeletIsWhole, stopHalfWay } from '../../lessons/14-downgrade-and-upgrade-a-node/half-way.ts';
import { minorBehindApiServer, versionOfOlderKubelet } from '../../lessons/14-downgrade-and-upgrade-a-node/versions.ts';
import { whatContainersDo, whatNodesSay } from '../../lessons/14-downgrade-and-upgrade-a-node/watching.ts';
import { containersIn, runningContainers, stillRunning } from '../../lessons/containers.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from '../checks/fake-lab.ts';

const lab = {} as Lab;
const facts = (observed: unknown): DrillFacts => ({ startedAt: 1000, metAt: 9000, observed });
const bet = (bets: readonly Prediction[], id: string): Prediction => bets.find((one) => one.id === id)!;
const seen = (seconds: number, saw: unknown) => ({ from: seconds * 1000 - 200, to: seconds * 1000, saw });
const onW2 = (seconds: number, containers: unknown, restarts = 0) => seen(seconds, { containers, restarts });
const before = [
  { id: 'a', started: '100' },
  { id: 'b', started: '101' },
];

test('containers are told apart by their id and by when their process started', () => {
  const again = containersIn('a 100\nb 900\nc \n\n');
  expect(again).toEqual([
    { id: 'a', started: '100' },
    { id: 'b', started: '900' },
  ]);
  expect(stillRunning(before, again)).toEqual([{ id: 'a', started: '100' }]);
});

test('only containers of the name are asked for, and a machine that is silent is no machine without containers', async () => {
  const asked: string[] = [];
  const machine = fakeLab({
    on: (_, command) => {
      asked.push(command);
      return { stdout: 'a 100\n' };
    },
  });
  expect(await runningContainers(machine, 'w2', 'guestbook')).toEqual([{ id: 'a', started: '100' }]);
  expect(asked[0]).toContain(`-q 'labels."io.kubernetes.container.name"==guestbook'`);
  await expect(runningContainers(fakeLab({ on: () => ({ exitCode: 1 }) }), 'w2')).rejects.toThrow('does not answer');
});

test('what containers do is told by those that ran before the move', async () => {
  const measure = (...looks: unknown[]) => whatContainersDo('id', '?').measure(lab, facts({ onW2: looks }));
  expect(await measure(onW2(0.5, before), onW2(8, before))).toEqual({
    value: 'live',
    saw: '2 of 2 ran on, as the same processes',
  });
  const anew = before.map(({ id }) => ({ id, started: '900' }));
  expect(await measure(onW2(0.5, before), onW2(8, anew))).toMatchObject({ value: 'again' });
  expect(await measure(onW2(0.5, before), onW2(8, []))).toMatchObject({ value: 'gone' });
  await expect(async () => measure(onW2(0.5, before))).rejects.toThrow('before anything could be measured');
  await expect(async () => measure(onW2(0.5, []), onW2(8, []))).rejects.toThrow('no container');
});

test('what nodes say is counted in looks', async () => {
  const measure = (...ready: boolean[]) =>
    whatNodesSay('id', '?').measure(lab, facts({ said: ready.map((one, index) => seen(2 + index, { ready: one })) }));
  expect(await measure(true, true, true)).toMatchObject({ value: 'ready' });
  expect(await measure(true, false, true)).toEqual({ value: 'moment', saw: 'NotReady in 1 of 3 looks' });
  expect(await measure(true, false, false)).toMatchObject({ value: 'long' });
});

test('where the pods are afterwards, and how often systemd tried', async () => {
  const where = (pods: number) =>
    bet(drainedBets, 'where-afterwards').measure(lab, facts({ said: [seen(9, { pods })] }));
  expect(await where(0)).toMatchObject({ value: 'away' });
  expect(await where(1)).toMatchObject({ value: 'back' });
  const tried = (...restarts: number[]) =>
    bet(halfWayBets, 'started-again').measure(
      lab,
      facts({ onW2: restarts.map((count, index) => onW2(2 + index, [], count)) }),
    );
  expect(await tried(0, 0)).toMatchObject({ value: 'never' });
  expect(await tried(1, 5)).toMatchObject({ value: 'five' });
  // Whoever restarts it by hand sets the count back.
  expect(await tried(1, 12, 0)).toEqual({ value: 'more', saw: 'it had tried 12 times' });
});

test('failed requests are those of the load, in each of the four moves', async () => {
  const second = { at: 2000, due: 300, failures: [{ door: 'w2', how: 'refused', count: 12, lastAt: 2500 }] };
  const load = { seconds: [second], causes: [], events: [] };
  for (const bets of [byHandBets, drainedBets, rolledBackBets, halfWayBets]) {
    const failed = bets.find(({ id }) => id.endsWith('-failed'))!;
    expect(await failed.measure(lab, facts({ load }))).toEqual({ value: 'tens', saw: '12 of 300 requests failed' });
  }
});

test('the versions asked for are those of the lab', async () => {
  const says = (stdout: string) =>
    fakeLab({ on: () => ({ stdout }), objects: { '/version': { gitVersion: 'v1.37.2' } } });
  expect(await versionOfOlderKubelet(says('Kubernetes v1.36.3\n'))).toEqual([
    'v1.36.3',
    '1.36.3',
    'Kubernetes v1.36.3',
  ]);
  expect(await versionOfOlderKubelet(says(''))).toBeUndefined();
  expect(await minorBehindApiServer(3)(says(''))).toContain('1.34');
  expect(await minorBehindApiServer(0)(says(''))).toContain('1.37');
  const unversioned = fakeLab({ objects: { '/version': { gitVersion: 'none' } } });
  expect(await minorBehindApiServer(0)(unversioned)).toBeUndefined();
});

test.each([
  ['met', { stdout: '0\n', exitCode: 1 }],
  ['unmet', { stdout: '1\n' }],
  ['unknown', { stdout: '', exitCode: 127, stderr: 'grep: not found' }],
] as const)('%s: nothing lies over the older kubelet', async (kind, answer) => {
  expect((await olderKubeletIsWhole('w2').look(fakeLab({ on: () => answer }))).kind).toBe(kind);
});

test('the undo of a move that stopped half-way goes back by itself', () => {
  const { inject, undo } = stopHalfWay('w2');
  expect(inject).toContain('KUBERNETES_BIN=/opt/older');
  expect(undo).toContain('rm -f /etc/kubernetes/version.env');
  expect(undo).not.toContain('exit 0');
});
