import type { Prediction } from '../../scripts/course/model.ts';
import { KubernetesError } from '../../scripts/lab/kubernetes.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { longestGap, writesIn } from '../keep-writing.ts';
import { servedAtOnce, visitors } from '../visitors-at-once.ts';

/** Seconds after which an operation on etcd counts as not working. */
const patienceSeconds = 5;

export const failedWrites: Prediction = {
  kind: 'choice',
  id: 'failed-writes',
  question:
    'One member that does not lead fails. A client that knows all members writes on. What happens to its writes?',
  choices: [
    { value: 'none', says: 'every write is confirmed within a second' },
    { value: 'some', says: 'some fail, until the member is back' },
    { value: 'all', says: 'all fail, until the member is back' },
  ],
  // A slow computer may need longer than a second for one of them.
  expected: ['none', 'some'],
  measure(_lab, { observed }) {
    const writes = writesIn(observed);
    const bad = writes.filter(({ ok }) => !ok).length;
    const value = bad === 0 ? 'none' : bad < writes.length / 2 ? 'some' : 'all';
    const { seconds } = longestGap(writes);
    const saw = `${bad} of ${writes.length} writes failed; the longest wait between two was ${seconds.toFixed(2)} s`;
    return Promise.resolve({ value, saw });
  },
};

export const leaderGap: Prediction = {
  kind: 'seconds',
  id: 'leader-gap',
  question: 'The leader fails without a goodbye. For how many seconds can nobody write?',
  measure(_lab, { observed }) {
    const { seconds, usualSeconds } = longestGap(writesIn(observed));
    const saw = `the longest time between two confirmed writes was ${seconds.toFixed(1)} s; usually it was ${usualSeconds.toFixed(1)} s`;
    return Promise.resolve({ seconds, errorSeconds: 2 * usualSeconds, saw });
  },
};

type Outcome = 'works' | 'fails';

/** Tries something once now that the quorum is gone: that it worked is the answer, and so is that it did not. */
function tried(
  id: string,
  question: string,
  expected: Outcome,
  attempt: (lab: Lab) => Promise<{ works: boolean; saw: string }>,
): Prediction {
  return {
    kind: 'choice',
    id,
    question,
    choices: [
      { value: 'works', says: 'it works' },
      { value: 'fails', says: 'it does not' },
    ],
    expected: [expected],
    async measure(lab) {
      const { works: did, saw } = await attempt(lab);
      return { value: did ? 'works' : 'fails', saw };
    },
  };
}

const onSurvivor = (id: string, question: string, expected: Outcome, args: readonly string[]): Prediction =>
  tried(id, question, expected, async (lab) => {
    const members = await lab.etcd.members();
    const alive = members.find(({ answers }) => answers)?.name;
    if (alive === undefined) throw new Error('no member is left that could be asked');
    const command = [...args, `--command-timeout=${patienceSeconds}s`];
    const result = await lab.etcd.ctl(command, { members: [alive], timeoutSeconds: patienceSeconds + 3 });
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    const saw = result.exitCode === 0 ? `${alive} answered` : `${alive}: ${said.replace(/^Error: /, '')}`;
    return { works: result.exitCode === 0, saw };
  });

const namespace = '/registry/namespaces/default';

const watch: Prediction = tried(
  'watch',
  'Somebody watches a key with etcdctl, to be told of changes. Does the watch stand?',
  'fails',
  async (lab) => {
    const alive = (await lab.etcd.members()).find(({ answers }) => answers)?.name;
    if (alive === undefined) throw new Error('no member is left that could be asked');
    const port = lab.machine(alive).publishedPorts[2379] ?? 0;
    const script = `ETCDCTL_ENDPOINTS=https://127.0.0.1:${port} timeout ${patienceSeconds} etcdctl watch ${namespace} 2>&1`;
    const { stdout, exitCode } = await lab.onHost(script, { timeoutSeconds: patienceSeconds + 5 });
    // `timeout` ends a watch that stands with 124.
    return exitCode === 124
      ? { works: true, saw: `the watch stood for ${patienceSeconds} s` }
      : { works: false, saw: stdout.trim().split('\n')[0] ?? 'it ended' };
  },
);

const app: Prediction = tried('app', 'Visitors of the guestbook, which runs already?', 'works', async (lab) => {
  const good = await servedAtOnce(lab);
  return { works: good === visitors, saw: `${good} of ${visitors} requests were answered` };
});

/** Asked from the machine w1 itself: a pod cannot be entered without the API server. */
const dns: Prediction = tried(
  'dns',
  'A program on w1 asks the DNS of the cluster for a Service?',
  'works',
  async (lab) => {
    const result = await lab.on('w1', 'dig @10.3.0.10 +short +time=2 +tries=2 guestbook.default.svc.cluster.local');
    const address = result.stdout.trim();
    const answered = result.exitCode === 0 && /^[\d.]+$/.test(address);
    return { works: answered, saw: answered ? `it answered ${address}` : 'no answer' };
  },
);

export const newPod = 'after-quorum';

const startPod: Prediction = tried('new-pod', 'Somebody starts a new pod?', 'fails', async (lab) => {
  const command = `timeout 10 kubectl run ${newPod} --image=firedrill/toolbox:1 --request-timeout=${patienceSeconds}s -- sleep infinity 2>&1`;
  const { stdout, exitCode } = await lab.onHost(command, { timeoutSeconds: patienceSeconds * 3 });
  const said = stdout.trim().split('\n').at(-1) ?? '';
  return { works: exitCode === 0, saw: exitCode === 0 ? said : `kubectl: ${said}` };
});

const listFromMemory: Prediction = {
  kind: 'choice',
  id: 'list',
  question: 'And what does the API server say to somebody who asks for the nodes?',
  choices: [
    { value: 'list', says: 'the list, as before' },
    { value: 'error', says: 'an error' },
    { value: 'silence', says: 'nothing within five seconds' },
  ],
  async measure(lab) {
    try {
      const { items } = await lab.kubernetes.get<{ items: unknown[] }>('/api/v1/nodes', {
        timeoutSeconds: patienceSeconds,
      });
      return { value: 'list', saw: `it listed ${items.length} nodes` };
    } catch (error) {
      return error instanceof KubernetesError
        ? { value: 'error', saw: `it answered ${error.status}: ${error.message}` }
        : { value: 'silence', saw: 'it gave no answer' };
    }
  },
};

export const withoutQuorum: readonly Prediction[] = [
  onSurvivor(
    'linearizable',
    'Two of three members fail. Somebody reads a key from the third, as etcd reads by default?',
    'fails',
    ['get', namespace, '--keys-only'],
  ),
  onSurvivor('serializable', 'The same, but content with what that one member has ("serializable")?', 'works', [
    'get',
    namespace,
    '--keys-only',
    '--consistency=s',
  ]),
  onSurvivor('write', 'Somebody writes a key?', 'fails', ['put', '/firedrill/writes', 'without quorum']),
  watch,
  app,
  dns,
  startPod,
  listFromMemory,
];
