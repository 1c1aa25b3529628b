import { askApp, appPaths, appHasMessage } from '../../scripts/checks/app.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { KubernetesError } from '../../scripts/lab/kubernetes.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { sample, type Sample } from '../sampling.ts';

const requests = 20;
const patienceSeconds = 5;

async function goodOf(lab: Lab): Promise<number> {
  const answers = await Promise.all(Array.from({ length: requests }, () => askApp(lab, appPaths.page)));
  return answers.filter(({ status }) => status === 200).length;
}

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
    const good = await goodOf(lab);
    const value = good === requests ? 'all' : good === 0 ? 'none' : 'some';
    return { value, saw: `${good} of ${requests} requests were answered` };
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

/** What was seen at one moment. */
interface Moment {
  leader: boolean;
  api: boolean;
  app: boolean;
  /** Whether etcd has the key of the guestbook's Deployment; undefined where it did not tell. */
  key: boolean | undefined;
}

const deploymentKey = '/registry/deployments/default/guestbook';

/** Looks at etcd, the API server and the app, four times a second. */
export const observeDisaster = (lab: Lab, signal: AbortSignal): Promise<unknown> =>
  sample(signal, 0.25, async (): Promise<Moment> => {
    const [members, api, page, key] = await Promise.all([
      lab.etcd.members({ timeoutSeconds: 1 }),
      lab.kubernetes.ready(1),
      askApp(lab, appPaths.page, 1),
      hasKey(lab),
    ]);
    const leader = members.filter(({ answers, leaderId }) => answers && leaderId !== undefined).length >= 2;
    return { leader, api, app: page.status === 200, key };
  });

/** The first member that answers tells. They are asked at once: one after the other, a look would outlast a short outage. */
async function hasKey(lab: Lab): Promise<boolean | undefined> {
  const body = { key: Buffer.from(deploymentKey).toString('base64'), count_only: true };
  const looks = lab.machinesWithRole('etcd').map(async ({ name }) => {
    const answer = (await lab.etcd.call(name, '/v3/kv/range', body, { timeoutSeconds: 1 })) as { count?: string };
    return (answer.count ?? '0') !== '0';
  });
  return Promise.any(looks).catch(() => undefined);
}

const momentsIn = (observed: unknown): readonly Sample<Moment>[] => {
  const moments = (observed as readonly Sample<Moment>[] | undefined) ?? [];
  if (moments.length === 0) throw new Error('nothing was seen');
  return moments;
};

/** Seconds from the first moment of one thing to the first moment of another after it. */
function between(
  moments: readonly Sample<Moment>[],
  isStart: (moment: Moment) => boolean,
  isEnd: (moment: Moment) => boolean,
): { seconds: number; errorSeconds: number } {
  const at = moments.findIndex(({ saw }) => isStart(saw));
  const before = moments[at - 1];
  const start = moments[at];
  const end = at < 0 ? undefined : moments.slice(at).find(({ saw }) => isEnd(saw));
  if (!start || !end) throw new Error('the moment was not seen');
  const errorSeconds = (start.to - (before?.from ?? start.from)) / 1000;
  return { seconds: Math.max(0, end.to - start.to) / 1000, errorSeconds };
}

/**
 * Seconds from the first leader after the outage until something is well and stays so: it may look well for a moment
 * before it is restarted.
 */
function wellAfterRestore(observed: unknown, isWell: (moment: Moment) => boolean) {
  const moments = momentsIn(observed);
  const out = moments.findIndex(({ saw }) => !saw.leader);
  const back = moments.findIndex(({ saw }, index) => index >= out && saw.leader);
  const [before, start] = [moments[back - 1], moments[back]];
  const longest = Math.max(...moments.map(({ from, to }) => to - from)) / 1000;
  const looks = `in ${moments.length} looks, the longest ${longest.toFixed(1)} s`;
  if (out < 0) throw new Error(`${looks}, etcd was never seen without a leader`);
  if (!start) throw new Error(`${looks}, etcd was not seen with a leader again`);
  const after = moments.slice(back);
  const lastBad = after.findLastIndex(({ saw }) => !isWell(saw));
  const end = after[lastBad + 1] ?? after.at(-1) ?? start;
  const errorSeconds = (start.to - (before ?? start).from) / 1000;
  return { seconds: Math.max(0, end.to - start.to) / 1000, errorSeconds };
}

export const apiAfterRestore: Prediction = {
  kind: 'seconds',
  id: 'api-after-restore',
  question:
    'From the moment when the restored etcd has a leader until the API server, restarted by you, is ready: how many seconds?',
  measure(_lab, { observed }) {
    const { seconds, errorSeconds } = wellAfterRestore(observed, ({ api }) => api);
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
    const moments = momentsIn(observed);
    const bad = moments.filter(({ saw }) => !saw.app).length;
    return Promise.resolve({ value: bad === 0 ? 'none' : 'some', saw: `${bad} of ${moments.length} visits failed` });
  },
};

export const appDownAfter: Prediction = {
  kind: 'seconds',
  id: 'app-down-after',
  question:
    'A client deletes all keys of Kubernetes. After how many seconds do visitors of the guestbook see an error?',
  measure(_lab, { observed }) {
    const { seconds, errorSeconds } = between(
      momentsIn(observed),
      ({ key }) => key === false,
      ({ app }) => !app,
    );
    return Promise.resolve({ seconds, errorSeconds, saw: `the first error came after ${seconds.toFixed(1)} s` });
  },
};

export const appBackAfter: Prediction = {
  kind: 'seconds',
  id: 'app-back-after',
  question:
    'From the moment when the restored etcd has a leader until visitors get their page again: how many seconds?',
  measure(_lab, { observed }) {
    const { seconds, errorSeconds } = wellAfterRestore(observed, ({ app }) => app);
    return Promise.resolve({ seconds, errorSeconds, saw: `the page came back after ${seconds.toFixed(1)} s` });
  },
};

export const messageIsThere = (text: string): Prediction => ({
  kind: 'choice',
  id: 'message',
  question: `You wrote the message '${text}' after the backup was taken. Is it in the guestbook after the restore?`,
  choices: [
    { value: 'kept', says: 'yes' },
    { value: 'lost', says: 'no' },
  ],
  expected: ['kept'],
  async measure(lab) {
    const verdict = await appHasMessage(text).look(lab);
    if (verdict.kind === 'unknown') throw new Error(verdict.why);
    return { value: verdict.kind === 'met' ? 'kept' : 'lost', saw: verdict.saw };
  },
});
