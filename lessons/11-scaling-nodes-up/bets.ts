import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { certificateRequests } from '../../scripts/checks/joining.ts';
import { isReadyPod } from '../../scripts/checks/workloads.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import type { CertificateRequest } from '../../scripts/lab/scale/requests.ts';
import { amount } from '../../scripts/stage/words.ts';
import { growthIn } from './capacity.ts';

/** Kubernetes keeps these times to the second, and there are two of them. */
const stampErrorSeconds = 2;

interface Decided extends CertificateRequest {
  status?: { conditions?: { type: string; lastUpdateTime?: string | Date }[] };
}

export const readyAfter: Prediction = {
  kind: 'seconds',
  id: 'ready-after',
  question: 'From the moment you approve the first request of w3 until w3 is Ready: how many seconds?',
  async measure(lab) {
    const { nodeOf } = await import('../../scripts/lab/scale/requests.ts');
    const [{ items }, node] = await Promise.all([
      lab.kubernetes.get<{ items: Decided[] }>(certificateRequests),
      lab.kubernetes.get<V1Node>('/api/v1/nodes/w3'),
    ]);
    const approved = items
      .filter((request) => nodeOf(request) === 'w3')
      .flatMap(({ status }) => status?.conditions ?? [])
      .filter(({ type }) => type === 'Approved')
      .map(({ lastUpdateTime }) => millisecondsOf(lastUpdateTime));
    const ready = node.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
    if (approved.length === 0 || !ready) throw new Error('its request was not approved, or it is not Ready');
    const seconds = Math.max(0, (millisecondsOf(ready.lastTransitionTime) - Math.min(...approved)) / 1000);
    return { seconds, errorSeconds: stampErrorSeconds, saw: 'the request and the node keep both times' };
  },
};

/** The client may give a time as text. */
const millisecondsOf = (time: string | Date | undefined): number => new Date(time ?? Number.NaN).getTime();

export const whereNewPodsStart: Prediction = {
  kind: 'choice',
  id: 'where-new-pods',
  question: 'You ask for six pods of the guestbook instead of four. Where do the two new ones start?',
  choices: [
    { value: '2', says: 'both on w3, which has none' },
    { value: '1', says: 'one on w3, one elsewhere' },
    { value: '0', says: 'on w1 and w2, where the others are' },
  ],
  async measure(lab) {
    const path = '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook';
    const { items } = await lab.kubernetes.get<{ items: V1Pod[] }>(path);
    const count = items.filter((pod) => pod.spec?.nodeName === 'w3' && isReadyPod(pod)).length;
    return { value: String(Math.min(count, 2)), saw: `w3 has ${count} of them` };
  },
};

export const growth: Prediction = {
  kind: 'choice',
  id: 'growth',
  question: 'And how many answers a second does the guestbook give then, when it is asked as often as it can answer?',
  choices: [
    { value: 'same', says: 'about as many as before' },
    { value: 'half', says: 'about half as many again' },
    { value: 'double', says: 'about twice as many, or more' },
  ],
  // Nothing is expected: how warm the program in each pod is counts for more than how many there are, as the page says.
  measure(_lab, { observed }) {
    const { before, after } = growthIn(observed);
    const times = after.perSecond / before.perSecond;
    const value = times < 1.2 ? 'same' : times < 1.75 ? 'half' : 'double';
    const words = ({ pods, perSecond }: typeof before): string => `${pods} pods ${amount(perSecond)}`;
    return Promise.resolve({
      value,
      saw: `${words(before)} a second, ${words(after)}: ${times.toFixed(2)} times as many`,
    });
  },
};
