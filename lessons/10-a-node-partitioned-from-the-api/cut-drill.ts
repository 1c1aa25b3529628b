import type { Prediction } from '../../scripts/course/model.ts';
import { stillRunning } from '../containers.ts';
import { bittenAt, secondsUntilSeen } from '../moments.ts';
import { within } from '../sampling.ts';
import { doubtOf } from '../02-run-an-app/visitor.ts';
import { failedBetween, lostThroughW1, partitionIn, replicas } from './watching.ts';

/** Until the API server says that w2 is NotReady. */
export const notReadyAfter = (id: string, question: string): Prediction => ({
  kind: 'seconds',
  id,
  question,
  measure(_lab, facts) {
    const { said } = partitionIn(facts);
    const found = secondsUntilSeen(said, facts.startedAt, 'w2 NotReady', ({ w2Ready }) => !w2Ready);
    return Promise.resolve({ ...found, saw: 'w2 was NotReady' });
  },
});

const replacedAfter: Prediction = {
  kind: 'seconds',
  id: 'replaced',
  question: `From the cut until ${replicas} pods of the guestbook are Ready again, all of them on w1: how many seconds?`,
  measure(_lab, facts) {
    const what = `${replicas} Ready pods on w1`;
    const { said } = partitionIn(facts);
    const found = secondsUntilSeen(said, facts.startedAt, what, ({ readyOnW1 }) => readyOnW1 >= replicas);
    return Promise.resolve({ ...found, saw: `w1 had ${replicas} Ready pods` });
  },
};

const nodeBelieves: Prediction = {
  kind: 'choice',
  id: 'node-believes',
  question: 'Kubernetes has given up on the pods of w2. What do their containers on w2 do at that moment?',
  choices: [
    { value: 'run', says: 'they run, as if nothing had happened' },
    { value: 'stopped', says: 'the kubelet has stopped them: it knows that it is cut off' },
    { value: 'restarted', says: 'the kubelet has started them anew' },
  ],
  expected: ['run'],
  measure(_lab, facts) {
    const looks = within<readonly { id: string; started: string }[]>(
      partitionIn(facts).onW2,
      facts.startedAt,
      bittenAt(facts),
    );
    const [first = [], last = []] = [looks[0], looks.at(-1)];
    if (first.length === 0) throw new Error('no container of the guestbook ran on w2');
    const same = stillRunning(first, last).length;
    const value = same === first.length ? 'run' : last.length === 0 ? 'stopped' : 'restarted';
    return Promise.resolve({ value, saw: `${same} of ${first.length} ran on, as the same processes` });
  },
};

/** A visitor who comes in through the worker that is cut off, from the cut until all is well again. */
const lostThroughW2: Prediction = {
  kind: 'choice',
  id: 'lost-through-w2',
  question: 'Another visitor comes in through w2, the worker that is cut off. When do visits of hers fail?',
  choices: [
    { value: 'never', says: 'never' },
    { value: 'cut', says: 'before its pods are replaced' },
    { value: 'back', says: 'after that: when w2 comes back' },
    { value: 'both', says: 'both' },
  ],
  expected: ['never', 'back'],
  measure(_lab, facts) {
    const { throughW2 } = partitionIn(facts);
    // Until its pods were replaced w2 was cut off for sure, and nothing changes for it until it comes back.
    const cut = failedBetween(throughW2, facts.startedAt, bittenAt(facts));
    const back = failedBetween(throughW2, bittenAt(facts), Infinity);
    const value =
      cut.failed > 0 && back.failed > 0 ? 'both' : cut.failed > 0 ? 'cut' : back.failed > 0 ? 'back' : 'never';
    const saw = `${cut.failed} of ${cut.sent} failed until its pods were replaced, ${back.failed} of ${back.sent} after that`;
    const asThePageSays = value === 'never' || value === 'back';
    return Promise.resolve({ value, saw, ...(asThePageSays ? {} : doubtOf(throughW2)) });
  },
};

const oldPods: Prediction = {
  kind: 'choice',
  id: 'old-pods',
  question: 'w2 comes back. What becomes of the pods that ran on it all the time?',
  choices: [
    { value: 'instead', says: 'they count again, and the new ones go' },
    { value: 'beside', says: 'they run on, beside the new ones' },
    { value: 'stopped', says: 'they are stopped' },
  ],
  expected: ['stopped'],
  measure(_lab, facts) {
    const { onW2, said } = partitionIn(facts);
    const before = onW2[0]?.saw ?? [];
    const [last, counts] = [onW2.at(-1), said.at(-1)];
    if (before.length === 0 || !last || !counts) throw new Error('nobody saw them');
    const alive = stillRunning(before, last.saw).length;
    const value = alive === 0 ? 'stopped' : counts.saw.readyOnW1 >= replicas ? 'beside' : 'instead';
    return Promise.resolve({ value, saw: `${alive} of ${before.length} run now; w1 has ${counts.saw.readyOnW1}` });
  },
};

export const cutBets: readonly Prediction[] = [
  notReadyAfter('not-ready', 'From the cut until Kubernetes calls w2 NotReady: how many seconds?'),
  replacedAfter,
  nodeBelieves,
  lostThroughW1(
    'lost-through-w1',
    'A visitor comes in through w1. How many of her visits fail, until the pods of w2 are replaced?',
    ['none'],
  ),
  lostThroughW2,
  oldPods,
];
