import { expect, test } from 'vitest';
import { apiServerAnswers, apiServerIsDown } from '../../scripts/checks/control-plane.ts';
import {
  nodeHasLabel,
  nodeIsNotReady,
  nodesAreOnly,
  nodesAreReady,
  nodeTakesPods,
  noNodeHasLabel,
} from '../../scripts/checks/nodes.ts';
import { answerIs, namedPodIsGone, podWasReplaced, serviceHasEndpoints } from '../../scripts/checks/objects.ts';
import type { Check } from '../../scripts/checks/verdict.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podIsGone,
  podIsReady,
  podsAreReady,
  podsAreSpread,
  podsRunOn,
  podsRunOnlyOn,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { fakeLab, type Answers } from './fake-lab.ts';

const node = (name: string, ready: string, labels = {}) => ({
  metadata: { name, labels },
  status: { conditions: [{ type: 'Ready', status: ready, message: 'Kubelet stopped posting node status.' }] },
});
const nodes = (...items: unknown[]) => ({ '/api/v1/nodes': { items } });
const cordoned = { spec: { unschedulable: true } };
const one = (item: { metadata: { name: string } }) => ({ [`/api/v1/nodes/${item.metadata.name}`]: item });

const deploymentPath = '/apis/apps/v1/namespaces/default/deployments/guestbook';
const rollout = (over: { replicas?: number; image?: string; status?: object; generation?: number } = {}) => ({
  metadata: { generation: over.generation ?? 2 },
  spec: {
    replicas: over.replicas ?? 4,
    template: { spec: { containers: [{ image: over.image ?? 'docker.io/firedrill/guestbook:2' }] } },
  },
  status: { observedGeneration: 2, replicas: 4, updatedReplicas: 4, availableReplicas: 4, ...over.status },
});

const podsPath = '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook';
const pod = (nodeName: string, ready = 'True', metadata = {}) => ({
  metadata,
  spec: { nodeName },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const pods = (...items: unknown[]) => ({ [podsPath]: { items } });

const slicesPath =
  '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dguestbook';
const answerPath = '/api/v1/namespaces/default/configmaps/answer';
/** A uid that a learner noted down. */
const old = '6f1c0f3e-1d0b-4a52-9f0e-2f3f5a0b7c11';
const podPath = (name: string) => `/api/v1/namespaces/default/pods/${name}`;
const answer = (data: object) => ({ [answerPath]: { data } });
const leader = answerIs({ configMap: 'answer', key: 'leader', asks: 'which member leads' }, () => 'e2');
const unit = answerIs({ configMap: 'answer', key: 'unit', asks: 'which unit' }, () => [
  'kube-proxy',
  'kube-proxy.service',
]);
const untold = answerIs({ configMap: 'answer', key: 'leader', asks: 'which member leads' }, () =>
  Promise.resolve(undefined),
);

const wanted = { replicas: 4, image: 'firedrill/guestbook:2' };
const rolledOut = deploymentIsRolledOut('guestbook', wanted);

const table: [string, Check, Answers['objects'], 'met' | 'unmet' | 'unknown', RegExp][] = [
  ['all ready', nodesAreReady(), nodes(node('w1', 'True'), node('w2', 'True')), 'met', /w1 is Ready and w2 is Ready/],
  [
    'one silent',
    nodesAreReady(),
    nodes(node('w1', 'True'), node('w2', 'Unknown')),
    'unmet',
    /w2 is NotReady \(Kubelet/,
  ],
  ['no nodes at all', nodesAreReady(), nodes(), 'unmet', /no node has joined/],
  ['one of the named is absent', nodesAreReady('w1', 'w9'), nodes(node('w1', 'True')), 'unmet', /no node w9/],
  ['the other node does not matter', nodesAreReady('w1'), nodes(node('w1', 'True'), node('w2', 'False')), 'met', /w1/],
  ['not ready: silent', nodeIsNotReady('w1'), one(node('w1', 'Unknown')), 'met', /stopped posting/],
  ['not ready: it is ready', nodeIsNotReady('w1'), one(node('w1', 'True')), 'unmet', /w1 is Ready/],
  ['not ready: no such node', nodeIsNotReady('w1'), {}, 'unmet', /no node w1/],
  ['label with an empty value', nodeHasLabel('w1', 'role', ''), one(node('w1', 'True', { role: '' })), 'met', /role=/],
  ['label missing', nodeHasLabel('w1', 'role', ''), one(node('w1', 'True')), 'unmet', /no label role/],
  ['label with another value', nodeHasLabel('w1', 'rack', 'a'), one(node('w1', 'True', { rack: 'b' })), 'unmet', /=b/],
  ['label: no such node', nodeHasLabel('w1', 'rack', 'a'), {}, 'unknown', /no node w1/],
  ['no label anywhere', noNodeHasLabel('rack'), nodes(node('w1', 'True')), 'met', /no node/],
  ['a label left', noNodeHasLabel('rack'), nodes(node('w1', 'True', { rack: 'a' })), 'unmet', /w1 has it/],
  ['these nodes', nodesAreOnly('w2', 'w1'), nodes(node('w1', 'True'), node('w2', 'False')), 'met', /w1 and w2/],
  ['a node too many', nodesAreOnly('w1'), nodes(node('w1', 'True'), node('w3', 'True')), 'unmet', /w1 and w3/],
  ['a node is missing', nodesAreOnly('w1', 'w2'), nodes(node('w1', 'True')), 'unmet', /nodes are w1/],
  ['takes pods', nodeTakesPods('w1'), one({ ...node('w1', 'False') }), 'met', /not cordoned/],
  ['cordoned', nodeTakesPods('w1'), one({ ...node('w1', 'True'), ...cordoned }), 'unmet', /w1 is cordoned/],
  ['takes pods: no such node', nodeTakesPods('w1'), {}, 'unknown', /no node w1/],

  ['rolled out', rolledOut, { [deploymentPath]: rollout() }, 'met', /4 of 4 pods available/],
  ['no deployment', rolledOut, {}, 'unmet', /no Deployment/],
  ['other image', rolledOut, { [deploymentPath]: rollout({ image: 'firedrill/guestbook:1' }) }, 'unmet', /book:1/],
  ['other count', rolledOut, { [deploymentPath]: rollout({ replicas: 6 }) }, 'unmet', /6 pods/],
  ['change not looked at', rolledOut, { [deploymentPath]: rollout({ generation: 3 }) }, 'unmet', /not looked/],
  ['an old pod is left', rolledOut, { [deploymentPath]: rollout({ status: { replicas: 5 } }) }, 'unmet', /5 in all/],
  [
    'one not available',
    rolledOut,
    { [deploymentPath]: rollout({ status: { availableReplicas: 3 } }) },
    'unmet',
    /3 of/,
  ],
  ['no stateful set', statefulSetIsReady('redis-primary'), {}, 'unmet', /no StatefulSet/],

  ['spread over two', podsAreSpread('app=guestbook', 2), pods(pod('w1'), pod('w2')), 'met', /1 on w1 and 1 on w2/],
  ['all on one', podsAreSpread('app=guestbook', 2), pods(pod('w1'), pod('w1')), 'unmet', /2 on w1/],
  [
    'the other is not ready',
    podsAreSpread('app=guestbook', 2),
    pods(pod('w1'), pod('w2', 'False')),
    'unmet',
    /1 on w1/,
  ],
  [
    'the other is on its way out',
    podsRunOn('app=guestbook', 'w2'),
    pods(pod('w2', 'True', { deletionTimestamp: 'now' })),
    'unmet',
    /no such pod/,
  ],
  ['only there', podsRunOnlyOn('app=guestbook', 'w2'), pods(pod('w2'), pod('w2')), 'met', /2 on w2/],
  ['elsewhere, too', podsRunOnlyOn('app=guestbook', 'w2'), pods(pod('w2'), pod('w1')), 'unmet', /1 on w1/],
  ['only on two', podsRunOnlyOn('app=guestbook', 'w1', 'w3'), pods(pod('w1'), pod('w3')), 'met', /1 on w3/],
  ['on a third', podsRunOnlyOn('app=guestbook', 'w1', 'w3'), pods(pod('w1'), pod('w2')), 'unmet', /1 on w2/],
  ['nowhere', podsRunOnlyOn('app=guestbook', 'w2'), pods(), 'unmet', /no such pod/],
  ['enough are ready', podsAreReady('app=guestbook', 2), pods(pod('w1'), pod('w1')), 'met', /2 pods/],
  ['too few are ready', podsAreReady('app=guestbook', 2), pods(pod('w1'), pod('w1', 'False')), 'unmet', /1 pod Ready/],
  ['pod ready', podIsReady('p'), { [podPath('p')]: pod('w1') }, 'met', /p is Ready/],
  [
    'pod pending',
    podIsReady('p'),
    { [podPath('p')]: { metadata: {}, status: { phase: 'Pending' } } },
    'unmet',
    /is Pending/,
  ],
  ['pod missing', podIsReady('p'), {}, 'unmet', /no pod p/],
  ['pod gone', podIsGone('p'), {}, 'met', /no pod p/],
  ['pod still there', podIsGone('p'), { [podPath('p')]: pod('w1') }, 'unmet', /p is there/],
  ['none is leaving', noPodIsTerminating('app=guestbook'), pods(pod('w1', 'False')), 'met', /no pod/],
  [
    'one is leaving',
    noPodIsTerminating('app=guestbook'),
    pods(pod('w1'), pod('w2', 'False', { deletionTimestamp: 'now' })),
    'unmet',
    /1 pod on w2 is still/,
  ],
  ['runs there', podsRunOn('app=guestbook', 'w1', 'w2'), pods(pod('w1'), pod('w2')), 'met', /on w2/],

  [
    'runs in another namespace',
    podsRunOn({ namespace: 'kube-system', selector: 'app=guestbook' }, 'w1'),
    { [podsPath.replace('default', 'kube-system')]: { items: [pod('w1')] } },
    'met',
    /1 on w1/,
  ],
  [
    'two endpoints',
    serviceHasEndpoints('guestbook', 2),
    { [slicesPath]: { items: [{ endpoints: [{ conditions: { ready: true } }, { conditions: {} }] }] } },
    'met',
    /2 ready/,
  ],
  [
    'an endpoint that is not ready',
    serviceHasEndpoints('guestbook'),
    { [slicesPath]: { items: [{ endpoints: [{ conditions: { ready: false } }] }, { endpoints: null }] } },
    'unmet',
    /0 ready/,
  ],

  ['right answer', leader, answer({ leader: 'e2\n' }), 'met', /e2/],
  ['wrong answer', leader, answer({ leader: 'e1' }), 'unmet', /e1, which is not right/],
  ['one of the right answers', unit, answer({ unit: 'kube-proxy.service' }), 'met', /kube-proxy/],
  ['none of the right answers', unit, answer({ unit: 'kubelet' }), 'unmet', /not right/],
  ['other key', leader, answer({ led: 'e2' }), 'unmet', /no key leader/],
  ['no answer yet', leader, {}, 'unmet', /no ConfigMap answer/],
  ['nobody can tell', untold, answer({ leader: 'e2' }), 'unknown', /cannot tell/],
  ['named pod gone', namedPodIsGone('answer', 'guestbook-'), answer({ pod: 'guestbook-a' }), 'met', /is gone/],
  [
    'named pod there',
    namedPodIsGone('answer', 'guestbook-'),
    { ...answer({ pod: 'guestbook-a' }), [podPath('guestbook-a')]: pod('w1') },
    'unmet',
    /still there/,
  ],
  [
    'named as kubectl prints it',
    namedPodIsGone('answer', 'guestbook-'),
    answer({ pod: 'pod/guestbook-a' }),
    'met',
    /gone/,
  ],
  ['a made-up name', namedPodIsGone('answer', 'guestbook-'), answer({ pod: 'nobody' }), 'unmet', /names nobody/],
  [
    'a name for a uid',
    podWasReplaced('r-0', 'answer'),
    { ...answer({ uid: 'r-0' }), [podPath('r-0')]: pod('w1', 'True', { uid: old }) },
    'unmet',
    /r-0, which is no uid/,
  ],
  [
    'replaced',
    podWasReplaced('r-0', 'answer'),
    { ...answer({ uid: old }), [podPath('r-0')]: pod('w1', 'True', { uid: 'new' }) },
    'met',
    /new pod/,
  ],
  [
    'replaced, not ready yet',
    podWasReplaced('r-0', 'answer'),
    { ...answer({ uid: old }), [podPath('r-0')]: pod('w1', 'False', { uid: 'new' }) },
    'unmet',
    /not Ready yet/,
  ],
  [
    'the same pod',
    podWasReplaced('r-0', 'answer'),
    { ...answer({ uid: old }), [podPath('r-0')]: pod('w1', 'True', { uid: old }) },
    'unmet',
    /the same pod/,
  ],
];

test.each(table)('%s', async (_name, check, objects, kind, says) => {
  const verdict = await check.look(fakeLab({ objects: objects ?? {} }));
  expect(verdict.kind).toBe(kind);
  expect(verdict.kind === 'unknown' ? verdict.why : verdict.saw).toMatch(says);
});

test.each([...new Set(table.map(([, check]) => check))].map((check) => [check.claim, check] as const))(
  'an API server that does not answer or refuses leaves it unknown: %s',
  async (_claim, check) => {
    expect(await check.look(fakeLab({ down: true }))).toEqual({
      kind: 'unknown',
      why: 'the API server does not answer (connect ECONNREFUSED 127.0.0.1:6443)',
    });
    expect((await check.look(fakeLab({ refuses: 503 }))).kind).toBe('unknown');
  },
);

test('an API server that does not answer is what the claims about it are about', async () => {
  expect((await apiServerAnswers().look(fakeLab({}))).kind).toBe('met');
  expect((await apiServerAnswers().look(fakeLab({ down: true }))).kind).toBe('unmet');
  expect((await apiServerIsDown().look(fakeLab({ down: true }))).kind).toBe('met');
  expect((await apiServerIsDown().look(fakeLab({}))).kind).toBe('unmet');
});

test('a look that was told to stop throws instead of giving a verdict', async () => {
  await expect(nodesAreReady().look(fakeLab({ down: true }), AbortSignal.abort(new Error('stop')))).rejects.toThrow(
    'stop',
  );
});
