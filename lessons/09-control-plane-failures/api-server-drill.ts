import type { V1Pod } from '@kubernetes/client-node';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { visit, visitsIn, type Visit } from '../02-run-an-app/visitor.ts';
import { sample, type Sample } from '../sampling.ts';

interface Outage {
  visits: readonly Visit[];
  ready: readonly Sample<boolean>[];
}

export const observeOutage = async (lab: Lab, signal: AbortSignal): Promise<Outage> => {
  const [visits, ready] = await Promise.all([visit(lab, signal), sample(signal, 0.1, () => lab.kubernetes.ready(1))]);
  return { visits, ready };
};

const whoRestarts: Prediction = {
  kind: 'choice',
  id: 'who-restarts',
  question: 'Who starts the API server again?',
  choices: [
    { value: 'nobody', says: 'nobody: you have to' },
    { value: 'systemd', says: 'systemd on c1' },
    { value: 'kubelet', says: 'the kubelet on c1' },
    { value: 'controller-manager', says: 'the controller-manager' },
  ],
  expected: ['kubelet'],
  async measure(lab) {
    const pod = await lab.kubernetes.get<V1Pod>('/api/v1/namespaces/kube-system/pods/kube-apiserver-c1');
    const source = pod.metadata?.annotations?.['kubernetes.io/config.source'];
    const owner = pod.metadata?.ownerReferences?.[0];
    const restarts = pod.status?.containerStatuses?.[0]?.restartCount ?? 0;
    if (source !== 'file' || owner?.kind !== 'Node') throw new Error('the pod does not say where it comes from');
    const times = restarts === 1 ? 'once' : `${restarts} times`;
    return { value: 'kubelet', saw: `the pod comes from a file on ${owner.name}; restarted ${times} so far` };
  },
};

const backAfter: Prediction = {
  kind: 'seconds',
  id: 'back-after',
  question: 'For how many seconds is the API server not ready?',
  measure(_lab, { observed, startedAt }) {
    const looks = (observed as Outage | undefined)?.ready ?? [];
    const down = looks.findIndex(({ to, saw }) => to >= startedAt && !saw);
    const back = looks.findIndex(({ saw }, index) => index > down && saw);
    const [before, first, last, end] = [looks[down - 1], looks[down], looks[back - 1], looks[back]];
    if (down < 0 || !first || !last || !end) throw new Error('the outage was not seen from its beginning to its end');
    const seconds = (end.to - first.from) / 1000;
    // It may have gone just after the look before, and come back just after the last one that failed.
    const errorSeconds = (first.from - (before?.from ?? first.from) + (end.to - last.from)) / 1000;
    return Promise.resolve({ seconds, errorSeconds, saw: `it was not ready for ${seconds.toFixed(1)} s` });
  },
};

/** @param expected what the page says for certain */
export const failedVisits = (id: string, question: string, expected?: readonly string[]): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'none', says: 'none' },
    { value: 'some', says: 'some' },
    { value: 'all', says: 'all' },
  ],
  ...(expected ? { expected } : {}),
  measure(_lab, { observed, startedAt, metAt }) {
    const { visits } = (observed as { visits: readonly Visit[] } | undefined) ?? { visits: undefined };
    const inside = visitsIn(visits).filter(({ sentAt }) => sentAt >= startedAt && sentAt <= metAt);
    if (inside.length === 0) throw new Error('no visitor came meanwhile');
    const failed = inside.filter(({ ok }) => !ok).length;
    const value = failed === 0 ? 'none' : failed === inside.length ? 'all' : 'some';
    return Promise.resolve({ value, saw: `${failed} of ${inside.length} visits failed` });
  },
});

export const apiServerBets: readonly Prediction[] = [
  whoRestarts,
  backAfter,
  failedVisits('visits-api', 'How many visits to the guestbook fail meanwhile?'),
];
