import { askApp, appPaths } from '../../scripts/checks/app.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { isLed } from '../../scripts/lab/health.ts';
import { KubernetesError } from '../../scripts/lab/kubernetes.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { messageFate } from '../message-fate.ts';
import { endOfLongest, sample, type Sample } from '../sampling.ts';
import { servedAtOnce, visitors } from '../visitors-at-once.ts';

const patienceSeconds = 5;

export const appWithoutEtcd: Prediction = {
  kind: 'choice',
  id: 'app',
  question: 'Every disk of etcd is lost. What do visitors of the guestbook get?',
  choices: [
    { value: 'all', says: 'their page, as before' },
    { value: 'some', says: 'sometimes the page, sometimes an error' },
    { value: 'none', says: 'errors only' },
  ],
  expected: ['all'],
  async measure(lab) {
    const good = await servedAtOnce(lab);
    const value = good === visitors ? 'all' : good === 0 ? 'none' : 'some';
    return { value, saw: `${good} of ${visitors} requests were answered` };
  },
};

/** Asked from the machine w1 itself: a pod cannot be entered without the API server. */
export const dnsWithoutEtcd: Prediction = {
  kind: 'choice',
  id: 'dns',
  question: 'Does the DNS of the cluster still know the Service of the guestbook?',
  choices: [
    { value: 'yes', says: 'yes' },
    { value: 'no', says: 'no' },
  ],
  expected: ['yes'],
  async measure(lab) {
    const result = await lab.on('w1', 'dig @10.3.0.10 +short +time=2 +tries=2 guestbook.default.svc.cluster.local');
    const address = result.stdout.trim();
    return result.exitCode === 0 && /^[\d.]+$/.test(address)
      ? { value: 'yes', saw: `it answered ${address}` }
      : { value: 'no', saw: 'it gave no address' };
  },
};

const nodesAsked = (id: string, question: string): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'list', says: 'the three nodes, as before' },
    { value: 'empty', says: 'an empty list' },
    { value: 'error', says: 'an error, or nothing' },
  ],
  async measure(lab) {
    try {
      const path = '/api/v1/nodes';
      const { items } = await lab.kubernetes.get<{ items: unknown[] }>(path, { timeoutSeconds: patienceSeconds });
      return { value: items.length === 0 ? 'empty' : 'list', saw: `it listed ${items.length} nodes` };
    } catch (error) {
      const status = error instanceof KubernetesError ? `it answered ${error.status}` : 'it gave no answer';
      return { value: 'error', saw: status };
    }
  },
});

export const apiWithoutEtcd = nodesAsked(
  'api',
  'And what does the API server give to somebody who asks for the nodes?',
);
export const apiWithoutKeys = nodesAsked(
  'api-empty',
  'What does the API server give to somebody who asks for the nodes?',
);

/** What was seen while the learner worked. Each was looked at by itself: none waits for what is slower. */
interface Disaster {
  /** Whether a majority said at once who leads. One that begins keeps a question until it can answer. */
  leader: readonly Sample<boolean>[];
  api: readonly Sample<boolean>[];
  page: readonly Sample<boolean>[];
  /** Whether etcd has the key of the guestbook's Deployment; undefined where it did not tell. */
  key: readonly Sample<boolean | undefined>[];
}

const deploymentKey = '/registry/deployments/default/guestbook';
/** Seconds that a member which serves may take to say who leads. */
const atOnce = 0.3;

/** Looks at etcd ten times a second, at its keys, the API server and the app four times. */
export async function observeDisaster(lab: Lab, signal: AbortSignal): Promise<Disaster> {
  const [leader, api, page, key] = await Promise.all([
    sample(signal, 0.1, async () => isLed(await lab.etcd.members({ timeoutSeconds: atOnce }))),
    sample(signal, 0.25, () => lab.kubernetes.ready(1)),
    sample(signal, 0.25, async () => (await askApp(lab, appPaths.page, 1)).status === 200),
    sample(signal, 0.25, () => hasKey(lab)),
  ]);
  return { leader, api, page, key };
}

/** The first member that answers tells. */
async function hasKey(lab: Lab): Promise<boolean | undefined> {
  const body = { key: Buffer.from(deploymentKey).toString('base64'), count_only: true };
  const looks = lab.machinesWithRole('etcd').map(async ({ name }) => {
    const answer = (await lab.etcd.call(name, '/v3/kv/range', body, { timeoutSeconds: 1 })) as { count?: string };
    return (answer.count ?? '0') !== '0';
  });
  return Promise.any(looks).catch(() => undefined);
}

/** @throws where the step was not observed. */
function disasterIn(observed: unknown): Disaster {
  const disaster = observed as Disaster | undefined;
  if (!disaster || disaster.page.length === 0) throw new Error('nothing was seen');
  return disaster;
}

/**
 * Seconds from the first leader after the longest time without one until something is well and stays so: it may look well
 * for a moment before it is restarted.
 */
function wellAfterRestore(leader: readonly Sample<boolean>[], looks: readonly Sample<boolean>[]) {
  const end = endOfLongest(leader);
  const [before, start] = [leader[end - 1], leader[end]];
  if (!before) throw new Error(`in ${leader.length} looks, an outage of etcd was not seen`);
  if (!start) throw new Error(`in ${leader.length} looks, a leader after the outage was not seen`);
  const after = looks.filter(({ to }) => to >= start.from);
  const well = after[after.findLastIndex(({ saw }) => !saw) + 1] ?? after.at(-1) ?? start;
  return { seconds: Math.max(0, well.to - start.to) / 1000, errorSeconds: (start.to - before.from) / 1000 };
}

export const apiAfterRestore: Prediction = {
  kind: 'seconds',
  id: 'api-after-restore',
  question:
    'From the moment when the restored etcd has a leader until the API server is ready: how many seconds? (The time until you restart it counts.)',
  measure(_lab, { observed }) {
    const { leader, api } = disasterIn(observed);
    const { seconds, errorSeconds } = wellAfterRestore(leader, api);
    return Promise.resolve({ seconds, errorSeconds, saw: `it was ready for good after ${seconds.toFixed(1)} s` });
  },
};

export const visitorsDuringRestore: Prediction = {
  kind: 'choice',
  id: 'visitors',
  question: 'You restore etcd and restart the API server. Do visitors of the guestbook notice?',
  choices: [
    { value: 'none', says: 'no' },
    { value: 'some', says: 'yes: some see an error' },
  ],
  measure(_lab, { observed }) {
    const { page } = disasterIn(observed);
    const bad = page.filter(({ saw }) => !saw).length;
    return Promise.resolve({ value: bad === 0 ? 'none' : 'some', saw: `${bad} of ${page.length} visits failed` });
  },
};

export const appDownAfter: Prediction = {
  kind: 'seconds',
  id: 'app-down-after',
  question:
    'A client deletes all keys of Kubernetes. After how many seconds do visitors of the guestbook see an error?',
  measure(_lab, { observed }) {
    const { key, page } = disasterIn(observed);
    const at = key.findIndex(({ saw }) => saw === false);
    const [before, gone] = [key[at - 1], key[at]];
    const failed = gone && page.find(({ to, saw }) => to >= gone.from && !saw);
    if (!failed) throw new Error(gone ? 'no visit failed' : 'nobody saw the keys go');
    const seconds = Math.max(0, failed.to - gone.to) / 1000;
    const errorSeconds = (gone.to - (before ?? gone).from) / 1000;
    return Promise.resolve({ seconds, errorSeconds, saw: `the first error came after ${seconds.toFixed(1)} s` });
  },
};

export const appBackAfter: Prediction = {
  kind: 'seconds',
  id: 'app-back-after',
  question:
    'From the moment when the restored etcd has a leader until visitors get their page again: how many seconds? (The time until you restart the API server counts.)',
  measure(_lab, { observed }) {
    const { leader, page } = disasterIn(observed);
    const { seconds, errorSeconds } = wellAfterRestore(leader, page);
    return Promise.resolve({ seconds, errorSeconds, saw: `the page came back after ${seconds.toFixed(1)} s` });
  },
};

export const messageIsThere = (text: string): Prediction =>
  messageFate(
    'message',
    `You wrote the message '${text}' after the backup was taken. Is it in the guestbook after the restore?`,
    text,
  );
