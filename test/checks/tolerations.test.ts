import { expect, test } from 'vitest';
import { podsLeaveWithin } from '../../scripts/checks/tolerations.ts';
import { fakeLab } from './fake-lab.ts';

const path = '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook';
const patience = (key: string | undefined, tolerationSeconds?: number, effect = 'NoExecute') => ({
  ...(key === undefined ? {} : { key: `node.kubernetes.io/${key}` }),
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
  effect,
});
const pod = (...tolerations: object[]) => ({
  metadata: {},
  spec: { nodeName: 'w1', tolerations },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
const both = (seconds: number) => pod(patience('unreachable', seconds), patience('not-ready', seconds));

test.each<[string, object[], 'met' | 'unmet', RegExp]>([
  ['both short', [both(2), both(0)], 'met', /2 pods would stay for 0 s and 2 s/],
  ['one pod is patient', [both(2), both(20)], 'unmet', /2 s and 20 s/],
  ['one taint is forgotten', [pod(patience('unreachable', 2), patience('not-ready', 300))], 'unmet', /300 s/],
  ['no number is for ever', [pod(patience('unreachable'), patience('not-ready', 2))], 'unmet', /ever/],
  ['a toleration of all taints counts', [pod(patience(undefined))], 'unmet', /ever/],
  ['the shortest counts', [pod(patience(undefined), ...both(2).spec.tolerations)], 'met', /stay for 2 s/],
  ['none at all: it leaves at once', [pod()], 'met', /stay for 0 s/],
  ['another effect does not count', [pod(patience('unreachable', 300, 'NoSchedule'))], 'met', /0 s/],
  ['no pod', [], 'unmet', /no such pod/],
])('%s', async (_, items, kind, saw) => {
  const verdict = await podsLeaveWithin('app=guestbook', 2).look(fakeLab({ objects: { [path]: { items } } }));
  expect(verdict).toMatchObject({ kind, saw: expect.stringMatching(saw) as string });
});

test('nobody can tell without the API server', async () => {
  expect((await podsLeaveWithin('app=guestbook', 2).look(fakeLab({ down: true }))).kind).toBe('unknown');
});
