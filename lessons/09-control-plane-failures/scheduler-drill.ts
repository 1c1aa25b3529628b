import type { V1Pod } from '@kubernetes/client-node';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { visit } from '../02-run-an-app/visitor.ts';
import { sample, type Sample } from '../sampling.ts';
import { failedVisits } from './api-server-drill.ts';

export const patient = 'patient';

/** Visits, and whether the new pod has a node yet, side by side. */
export const observePatient = async (lab: Lab, signal: AbortSignal): Promise<unknown> => {
  const hasNode = async (): Promise<boolean> => (await readPatient(lab)).spec?.nodeName !== undefined;
  const [visits, placed] = await Promise.all([visit(lab, signal), sample(signal, 0.25, hasNode)]);
  return { visits, placed };
};

/** Kubernetes keeps these times to the second. */
const stampErrorSeconds = 1;

/**
 * Seconds that a pod waited for a node. The pod keeps both times itself, so nobody has to catch the moment.
 * @throws where it has no node yet.
 */
export function waitedForNode(pod: V1Pod): number {
  const scheduled = pod.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'True');
  const [created, at] = [pod.metadata?.creationTimestamp, scheduled?.lastTransitionTime];
  if (created === undefined || at === undefined) throw new Error('the pod was given no node');
  // The client may give them as text.
  return Math.max(0, (new Date(at).getTime() - new Date(created).getTime()) / 1000);
}

const readPatient = (lab: Lab): Promise<V1Pod> =>
  lab.kubernetes.get<V1Pod>(`/api/v1/namespaces/default/pods/${patient}`);

const newPod: Prediction = {
  kind: 'choice',
  id: 'new-pod',
  question: 'You are asked to start a new pod meanwhile. What becomes of it?',
  choices: [
    { value: 'runs', says: 'it runs, as always' },
    { value: 'waits', says: 'it is accepted, and waits' },
    { value: 'refused', says: 'the API server refuses it' },
  ],
  expected: ['waits'],
  measure(_lab, { observed }) {
    const { placed = [] } = (observed ?? {}) as { placed?: readonly Sample<boolean>[] };
    if (placed.length === 0) throw new Error('nobody saw the pod');
    // Every pod is without a node for some milliseconds, and one look may fall into them.
    const waiting = placed.filter(({ saw }, index) => !saw && placed[index - 1]?.saw === false);
    const [first, last] = [waiting[0], waiting.at(-1)];
    const took = 'the API server took it, and it';
    if (!first || !last) return Promise.resolve({ value: 'runs', saw: `${took} got a node at once` });
    const seconds = ((last.to - first.from) / 1000).toFixed(1);
    return Promise.resolve({ value: 'waits', saw: `${took} had no node for ${seconds} s or more` });
  },
};

const waitedSeconds: Prediction = {
  kind: 'seconds',
  id: 'waited',
  question: 'A bet on yourself: how many seconds will that pod have waited for a node in the end?',
  async measure(lab) {
    const seconds = waitedForNode(await readPatient(lab));
    return { seconds, errorSeconds: stampErrorSeconds, saw: 'the pod keeps both times: created, and scheduled' };
  },
};

export const schedulerBets: readonly Prediction[] = [
  newPod,
  waitedSeconds,
  failedVisits('visits-scheduler', 'How many visits to the guestbook fail meanwhile?'),
];
