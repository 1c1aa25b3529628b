import type { Prediction } from '../../scripts/course/model.ts';
import { within } from '../sampling.ts';
import { failedRequests, noneFail } from '../under-load.ts';
import { moveIn, whatContainersDo, whatNodesSay } from './watching.ts';

export const byHandBets: readonly Prediction[] = [
  whatContainersDo(
    'by-hand-containers',
    'kubelet and kube-proxy of w2 are restarted. What do the containers on w2 do?',
  ),
  failedRequests(
    'by-hand-failed',
    '300 requests a second come in, through both workers. How many of them fail?',
    noneFail,
  ),
  whatNodesSay('by-hand-nodes', "And what does 'kubectl get nodes' say of w2 meanwhile?"),
];

const whereAfterwards: Prediction = {
  kind: 'choice',
  id: 'where-afterwards',
  question: 'w2 was emptied, changed, and takes pods again. Where are the pods of the guestbook then?',
  choices: [
    { value: 'back', says: 'on both workers, as before' },
    { value: 'away', says: 'on w1: none comes back by itself' },
  ],
  expected: ['away'],
  measure(_lab, facts) {
    const last = moveIn(facts).said.at(-1)?.saw;
    if (!last) throw new Error('nobody looked');
    return Promise.resolve({ value: last.pods > 0 ? 'back' : 'away', saw: `${last.pods} run on w2` });
  },
};

export const drainedBets: readonly Prediction[] = [
  failedRequests('drained-failed', 'Now w2 is emptied before it is changed. How many requests fail?', noneFail),
  whereAfterwards,
];

export const rolledBackBets: readonly Prediction[] = [
  whatNodesSay(
    'rolled-back-nodes',
    "For some ten seconds no kubelet runs on w2. What does 'kubectl get nodes' say of w2?",
  ),
  failedRequests('rolled-back-failed', 'And how many requests fail?', noneFail),
];

const startedAgain: Prediction = {
  kind: 'choice',
  id: 'started-again',
  question: 'The kubelet ends at its start. How often has systemd tried again by the time that Kubernetes notices?',
  choices: [
    { value: 'never', says: 'not at all' },
    { value: 'five', says: 'up to five times: then it gives up' },
    { value: 'more', says: 'more than five times' },
  ],
  expected: ['more'],
  measure(_lab, facts) {
    const looks = within<{ restarts: number }>(moveIn(facts).onW2, facts.startedAt, facts.bittenAt ?? facts.metAt);
    const most = Math.max(...looks.map(({ restarts }) => restarts));
    const value = most === 0 ? 'never' : most <= 5 ? 'five' : 'more';
    return Promise.resolve({ value, saw: `it had tried ${most} times` });
  },
};

export const halfWayBets: readonly Prediction[] = [
  startedAgain,
  whatContainersDo('half-way-containers', 'And what do the containers on w2 do without a kubelet, until then?'),
  failedRequests('half-way-failed', 'How many requests fail, until w2 is mended?'),
];
