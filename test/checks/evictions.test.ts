import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { evictionsHaveStopped } from '../../scripts/checks/evictions.ts';
import { fakeLab } from './fake-lab.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
beforeEach(() => {
  vi.useFakeTimers({ now });
});
afterEach(() => {
  vi.useRealTimers();
});

const endsPods = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const keepsNewOnesAway = { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' };

function node(name: string, over: { silentFor?: number; taints?: object[] } = {}) {
  const { silentFor, taints = [keepsNewOnesAway] } = over;
  const lastTransitionTime = new Date(now - 1000 * (silentFor ?? 500)).toISOString();
  const status = silentFor === undefined ? 'True' : 'Unknown';
  return {
    metadata: { name },
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status, lastTransitionTime }] },
  };
}
const pod = (nodeName: string, deletionTimestamp?: string) => ({ metadata: { deletionTimestamp }, spec: { nodeName } });

const look = (nodes: unknown[], pods: unknown[] = [pod('w2')]) =>
  evictionsHaveStopped(40, 'w2', 'w3').look(
    fakeLab({ objects: { '/api/v1/nodes': { items: [node('w1'), ...nodes] }, '/api/v1/pods': { items: pods } } }),
  );

test('one that keeps its pods is enough, however the other fares', async () => {
  const first = node('w2', { silentFor: 45, taints: [endsPods, keepsNewOnesAway] });
  expect(await look([first, node('w3', { silentFor: 41 })])).toMatchObject({
    kind: 'met',
    saw: 'after 41 s w3 still keep their pods',
  });
});

test('it takes its time: the seconds count from the last one that fell silent', async () => {
  expect(await look([node('w2', { silentFor: 60 }), node('w3', { silentFor: 39 })])).toMatchObject({
    kind: 'unmet',
    saw: 'all are NotReady for 39 s',
  });
});

test.each([
  ['one is Ready', [node('w2', { silentFor: 60 }), node('w3')], [], /w3 is still Ready/],
  ['both got the taint', ['w2', 'w3'].map((name) => node(name, { silentFor: 60, taints: [endsPods] })), [], /all lose/],
  [
    'pods of both were told to go',
    [node('w2', { silentFor: 60 }), node('w3', { silentFor: 60 })],
    [pod('w2', 'now'), pod('w3', 'now')],
    /all lose/,
  ],
])('not yet: %s', async (_name, nodes, pods, says) => {
  const verdict = await look(nodes, pods);
  expect(verdict.kind === 'unmet' && verdict.saw).toMatch(says);
});

test('of nodes that are not there, and of a silent API server, nobody can tell', async () => {
  expect((await look([node('w2', { silentFor: 60 })])).kind).toBe('unknown');
  expect((await evictionsHaveStopped(40, 'w2').look(fakeLab({ down: true }))).kind).toBe('unknown');
});
