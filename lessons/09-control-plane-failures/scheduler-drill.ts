import type { V1Pod } from '@kubernetes/client-node';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { visit } from '../02-run-an-app/visitor.ts';
import { failedVisits } from './api-server-drill.ts';

export const patient = 'patient';

export const observeVisits = async (lab: Lab, signal: AbortSignal): Promise<unknown> => ({
  visits: await visit(lab, signal),
});

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
  async measure(lab) {
    const waited = waitedForNode(await readPatient(lab));
    const value = waited > stampErrorSeconds ? 'waits' : 'runs';
    return { value, saw: `the API server took it, and it got a node ${waited.toFixed(0)} s later` };
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
