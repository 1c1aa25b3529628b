import type { Prediction } from '../../scripts/course/model.ts';
import { isTrue, type Condition } from '../../scripts/lab/conditions.ts';
import { isLed } from '../../scripts/lab/health.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { endOfLongest, sample, type Sample } from '../sampling.ts';

/** What was seen at one moment. Times are milliseconds since the epoch. */
export interface Moment {
  leader: boolean;
  api: boolean;
  /** When the controller-manager, and the kubelet that was slowest, last renewed what they must renew. */
  controllersAt: number | undefined;
  kubeletsAt: number | undefined;
  /** Names of nodes that are not Ready. */
  notReady: readonly string[] | undefined;
}

interface Lease {
  metadata: { name: string };
  spec?: { renewTime?: string };
}
interface Node {
  metadata: { name: string };
  status: { conditions?: Condition[] };
}

/** Looks at etcd, the API server, the locks of the controllers and the signs of life of the nodes, twice a second. */
export const observeComeback = (lab: Lab, signal: AbortSignal): Promise<unknown> =>
  sample(signal, 0.5, async (): Promise<Moment> => {
    const [members, api] = await Promise.all([lab.etcd.members({ timeoutSeconds: 1 }), lab.kubernetes.ready(1)]);
    const nothing = { controllersAt: undefined, kubeletsAt: undefined, notReady: undefined };
    return { leader: isLed(members), api, ...(api ? await fromTheApi(lab).catch(() => nothing) : nothing) };
  });

async function fromTheApi(lab: Lab): Promise<Omit<Moment, 'leader' | 'api'>> {
  const [lock, leases, nodes] = await Promise.all([
    lab.kubernetes.get<Lease>('/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager'),
    lab.kubernetes.get<{ items: Lease[] }>('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'),
    lab.kubernetes.get<{ items: Node[] }>('/api/v1/nodes'),
  ]);
  const names = nodes.items.map(({ metadata }) => metadata.name);
  const alive = leases.items.filter(({ metadata }) => names.includes(metadata.name)).map(renewedAt);
  return {
    controllersAt: renewedAt(lock),
    kubeletsAt: Math.min(...alive),
    notReady: nodes.items
      .filter(({ status }) => !isTrue(status.conditions, 'Ready'))
      .map(({ metadata }) => metadata.name),
  };
}

const renewedAt = ({ spec }: Lease): number => Date.parse(spec?.renewTime ?? '1970-01-01');

/** The outage as it was seen: when a leader was there again, and what was seen from then on. */
function comeback(observed: unknown): { backAt: number; errorSeconds: number; after: readonly Sample<Moment>[] } {
  const samples = (observed as readonly Sample<Moment>[] | undefined) ?? [];
  const end = endOfLongest(samples.map((one) => ({ ...one, saw: one.saw.leader })));
  const [last, first] = [samples[end - 1], samples[end]];
  if (!last || !first) throw new Error('the way back was not seen');
  return { backAt: first.to, errorSeconds: (first.to - last.from) / 1000, after: samples.slice(end) };
}

function secondsUntil(
  id: string,
  question: string,
  what: string,
  isThere: (moment: Moment, backAt: number) => boolean,
): Prediction {
  return {
    kind: 'seconds',
    id,
    question,
    measure(_lab, { observed }) {
      const { backAt, errorSeconds, after } = comeback(observed);
      const found = after.find(({ saw }) => isThere(saw, backAt));
      if (!found) throw new Error(`${what} was not seen before the step ended`);
      const seconds = Math.max(0, found.to - backAt) / 1000;
      return Promise.resolve({ seconds, errorSeconds, saw: `${what} ${seconds.toFixed(1)} s after etcd had a leader` });
    },
  };
}

/** What `recovered` waits for, so that it is seen: the controllers and every kubelet have written since. */
export const hasRenewed =
  (of: 'controllersAt' | 'kubeletsAt') =>
  ({ [of]: at }: Moment, backAt: number): boolean =>
    at !== undefined && at >= backAt;

const nodesNotReady: Prediction = {
  kind: 'choice',
  id: 'not-ready',
  question:
    'Nobody could write down that a node is well, as long as the quorum was gone. Is a node NotReady afterwards?',
  choices: [
    { value: 'none', says: 'no: none, at any time' },
    { value: 'some', says: 'yes: one or more, for a while' },
  ],
  measure(_lab, { observed }) {
    const seen = comeback(observed).after.flatMap(({ saw }) => (saw.notReady === undefined ? [] : [saw.notReady]));
    if (seen.length === 0) throw new Error('the nodes could not be seen');
    const names = [...new Set(seen.flat())];
    const saw =
      names.length === 0 ? `all were Ready in ${seen.length} looks` : `NotReady for a while: ${names.join(', ')}`;
    return Promise.resolve({ value: names.length === 0 ? 'none' : 'some', saw });
  },
};

export const comebackBets: readonly Prediction[] = [
  secondsUntil(
    'api-back',
    'Once etcd has a leader again: after how many seconds is the API server ready?',
    'it was ready',
    ({ api }) => api,
  ),
  secondsUntil(
    'controllers-back',
    'After how many seconds does the controller-manager hold its lock again, so that it works?',
    'its lock was renewed',
    hasRenewed('controllersAt'),
  ),
  secondsUntil(
    'kubelets-back',
    'After how many seconds has every kubelet given a new sign of life?',
    'the last one had done so',
    hasRenewed('kubeletsAt'),
  ),
  nodesNotReady,
];
