import type { Prediction } from '../../scripts/course/model.ts';
import { failedRequests, noneFail, someFail } from '../under-load.ts';
import { workersSeen } from './watching.ts';

/** From the first look that saw w2 cordoned until the next one that did not. */
const withoutW2: Prediction = {
  kind: 'seconds',
  id: 'without-w2',
  question: 'For how many seconds will w2 take no pods, from cordon to uncordon?',
  measure(_lab, { observed }) {
    const looks = workersSeen(observed);
    const isOut = (look: (typeof looks)[number] | undefined): boolean => look?.saw.cordoned.includes('w2') ?? false;
    const out = looks.findIndex(isOut);
    const back = looks.findIndex((look, index) => index > out && !isOut(look));
    const [first, last, before, end] = [looks[out], looks[back - 1], looks[out - 1], looks[back]];
    if (out < 0 || !first || !last || !end) throw new Error('w2 was not seen to be cordoned and uncordoned');
    const seconds = (end.to - first.from) / 1000;
    const errorSeconds = (first.from - (before?.from ?? first.from) + (end.to - last.from)) / 1000;
    return Promise.resolve({ seconds, errorSeconds, saw: `w2 was cordoned for ${seconds.toFixed(1)} s` });
  },
};

const saidOfW2: Prediction = {
  kind: 'choice',
  id: 'said-of-w2',
  question: "w2 reboots. From then until you uncordon it, what does 'kubectl get nodes' say of it?",
  choices: [
    { value: 'ready', says: 'Ready, all the time: it does not notice' },
    { value: 'moment', says: 'NotReady, for a moment' },
    { value: 'long', says: 'NotReady, for more than ten seconds' },
  ],
  measure(_lab, { observed }) {
    const looks = workersSeen(observed);
    // Each look stands for the time until the next one.
    const bad = looks
      .map(({ from, saw }, index) => (saw.notReady.includes('w2') ? (looks[index + 1]?.from ?? from) - from : 0))
      .reduce((sum, milliseconds) => sum + milliseconds, 0);
    const value = bad === 0 ? 'ready' : bad <= 10_000 ? 'moment' : 'long';
    return Promise.resolve({ value, saw: `it was NotReady for ${(bad / 1000).toFixed(1)} s` });
  },
};

export const plannedBets: readonly Prediction[] = [
  failedRequests(
    'failed-planned',
    'w2 is drained and rebooted, with all four pods on it. How many requests fail?',
    noneFail,
  ),
  withoutW2,
  saidOfW2,
];

/** One belt off each, in a roll-out. What comes of it depends on how quickly the computer starts a pod. */
export const unreadyBets: readonly Prediction[] = [
  failedRequests('failed-unready', 'A roll-out, pod by pod, without a readiness probe. How many requests fail?'),
];
export const allAtOnceBets: readonly Prediction[] = [
  failedRequests('failed-at-once', 'A roll-out of all four pods at once, with all other belts on. How many fail?'),
];
export const noPreStopBets: readonly Prediction[] = [
  failedRequests('failed-no-prestop', 'A roll-out, pod by pod, without preStop. How many requests fail?'),
];

export const carelessBets: readonly Prediction[] = [
  failedRequests('failed-careless', 'The same commands, without budget and preStop. How many requests fail?', someFail),
];

const atOnce: Prediction = {
  kind: 'choice',
  id: 'at-once',
  question: 'Both machines want to reboot at the same moment. How many are out of work at once, at most?',
  choices: [
    { value: '0', says: 'none' },
    { value: '1', says: 'one' },
    { value: '2', says: 'both' },
  ],
  expected: ['1'],
  measure(_lab, { observed }) {
    const looks = workersSeen(observed);
    const most = Math.max(...looks.map(({ saw }) => saw.cordoned.length));
    const all = [...new Set(looks.flatMap(({ saw }) => saw.cordoned))].sort();
    if (all.length < 2) throw new Error(`${all.length} of two workers was seen to be cordoned`);
    return Promise.resolve({ value: String(most), saw: `${all.join(' and ')} were cordoned, at most ${most} at once` });
  },
};

export const inTurnBets: readonly Prediction[] = [
  failedRequests(
    'failed-in-turn',
    'Both workers are drained and rebooted by your script. How many requests fail?',
    noneFail,
  ),
  atOnce,
];
