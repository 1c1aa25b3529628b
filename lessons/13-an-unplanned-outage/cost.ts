import type { Prediction } from '../../scripts/course/model.ts';
import { bittenAt } from '../moments.ts';
import { stillRunning, type RunningContainer } from '../containers.ts';
import { within } from '../sampling.ts';
import { failedRequests } from '../under-load.ts';
import { outageIn, type Said, type Silence } from './watching.ts';

const forNothing: Prediction = {
  kind: 'choice',
  id: 'for-nothing',
  question:
    'The kubelet of w2 stops, and nobody starts it for a minute. How many pods of the guestbook on w2 are made anew on w1?',
  choices: [
    { value: 'none', says: 'none: they run' },
    { value: 'some', says: 'some' },
    { value: 'all', says: 'all' },
  ],
  measure(_lab, facts) {
    const { said } = outageIn(facts);
    const before = said.findLast(({ to }) => to <= facts.startedAt)?.saw;
    const after = within<Said>(said, facts.startedAt, bittenAt(facts)).at(-1);
    const onW2 = before?.guestbooks.filter(({ node }) => node === 'w2') ?? [];
    if (onW2.length === 0 || !after) throw new Error('no pod of the guestbook was seen on w2');
    const replaced = onW2.filter(({ uid }) => !after.guestbooks.some((one) => one.uid === uid)).length;
    const value = replaced === 0 ? 'none' : replaced < onW2.length ? 'some' : 'all';
    return Promise.resolve({ value, saw: `${replaced} of ${onW2.length} were replaced` });
  },
};

const ranOn: Prediction = {
  kind: 'choice',
  id: 'ran-on',
  question: 'And what do their containers on w2 do, at the moment when they have been replaced?',
  choices: [
    { value: 'run', says: 'they run, as if nothing had happened' },
    { value: 'stopped', says: 'they have ended' },
  ],
  measure(_lab, facts) {
    const { onW2 } = outageIn(facts) as Silence;
    const looks = within<readonly RunningContainer[]>(onW2, facts.startedAt, bittenAt(facts));
    const [first = [], last = []] = [looks[0], looks.at(-1)];
    if (first.length === 0) throw new Error('no container of the guestbook ran on w2');
    const alive = stillRunning(first, last).length;
    const saw = `${alive} of ${first.length} ran on, as the same processes`;
    return Promise.resolve({ value: alive > 0 ? 'run' : 'stopped', saw });
  },
};

export const costBets: readonly Prediction[] = [
  forNothing,
  ranOn,
  failedRequests('cost-failed', 'And how many requests fail, until the kubelet runs again and all is well?'),
];
