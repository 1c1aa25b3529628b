import type { Prediction } from '../../scripts/course/model.ts';
import { keptOrLost, messageFate } from '../message-fate.ts';
import { bittenAt, secondsUntilSeen } from '../moments.ts';
import { pageSays } from './notepad.ts';
import { losses, noticedAfter, unhealthyAfter } from './toll.ts';
import { outageIn, replicas } from './watching.ts';

type Choice = Extract<Prediction, { kind: 'choice' }>;

const noticed: Prediction = {
  kind: 'seconds',
  id: 'noticed',
  question: 'From the power cut until Kubernetes calls w1 NotReady: how many seconds?',
  measure: (_lab, facts) => Promise.resolve({ ...noticedAfter(facts), saw: 'w1 was NotReady' }),
};

const replacedAfter = (id: string, question: string): Prediction => ({
  kind: 'seconds',
  id,
  question,
  measure(_lab, facts) {
    const what = `${replicas} Ready pods on w2`;
    const found = secondsUntilSeen(outageIn(facts).said, facts.startedAt, what, ({ guestbooks }) => {
      return guestbooks.filter(({ node }) => node === 'w2').length >= replicas;
    });
    return Promise.resolve({ ...found, saw: `w2 had ${replicas} Ready pods` });
  },
});

const shareThatFails: Choice = {
  kind: 'choice',
  id: 'share',
  question:
    'Half of the pods and one of two workers have no power. Until Kubernetes has noticed, which share of the requests fails?',
  choices: [
    { value: 'few', says: 'up to a tenth: others take over' },
    { value: 'quarter', says: 'about a quarter' },
    { value: 'half', says: 'about half' },
    { value: 'most', says: 'about three quarters, or more' },
  ],
  // Half of them come in through w1. How many more depends on who comes anew, and on how long the replica of Redis looks for
  // its primary: meanwhile it answers nobody.
  expected: ['half', 'most'],
  measure(_lab, facts) {
    const until = facts.startedAt + noticedAfter(facts).seconds * 1000;
    const { due, failed } = losses(facts, until);
    const share = failed / due;
    const value = share <= 0.1 ? 'few' : share <= 0.375 ? 'quarter' : share <= 0.625 ? 'half' : 'most';
    return Promise.resolve({ value, saw: `${failed} of ${due} failed, ${Math.round(share * 100)} %` });
  },
};

/** Seconds in which the app was not healthy, until the fault's consequences were all seen. */
export const unhealthyFor = (id: string, question: string): Prediction => ({
  kind: 'seconds',
  id,
  question,
  measure(_lab, facts) {
    const { unhealthySeconds, unknownSeconds } = unhealthyAfter(facts);
    const saw = `fewer than 99 of 100 requests were answered within a second, in ${unhealthySeconds} seconds`;
    return Promise.resolve({ seconds: unhealthySeconds, errorSeconds: 1 + unknownSeconds, saw });
  },
});

const onlyCopy: Choice = {
  kind: 'choice',
  id: 'only-copy',
  question: 'The Redis that takes messages ran on w1, with its data. What becomes of it, until w1 has power again?',
  choices: [
    { value: 'moves', says: 'it starts on w2, like the other pods' },
    { value: 'waits', says: 'nothing replaces it: nobody can leave a message' },
  ],
  expected: ['waits'],
  measure(_lab, facts) {
    const { said } = outageIn(facts);
    // Until its consequences were all seen w1 was off for sure, and longer than any pod would have waited.
    const last = said.findLast(({ from, to }) => from >= facts.startedAt && to <= bittenAt(facts));
    if (!last) throw new Error('nobody looked while w1 was off');
    const moved = last.saw.primaryOn.includes('w2');
    const saw = moved ? 'it was Ready on w2' : 'none was Ready when the guestbook had all its pods again';
    return Promise.resolve({ value: moved ? 'moves' : 'waits', saw });
  },
};

/** Whether the notepad's page is there when all is well again. */
const pageFate = (page: string): Choice => ({
  kind: 'choice',
  id: 'page',
  question: "w1 gets its power back, and its disk is unharmed. Is the notepad's page there?",
  choices: [...keptOrLost],
  expected: ['lost'],
  async measure(lab) {
    const verdict = await pageSays(page).look(lab);
    if (verdict.kind === 'unknown') throw new Error(verdict.why);
    return { value: verdict.kind === 'met' ? 'kept' : 'lost', saw: verdict.saw };
  },
});

/** Requests that failed in the first outage, for the comparison. It is forgotten with the process. */
let firstToll: number | undefined;

const remembered = (prediction: Choice): Choice => ({
  ...prediction,
  measure(lab, facts) {
    firstToll = losses(facts, bittenAt(facts)).failed;
    return prediction.measure(lab, facts);
  },
});

const compared: Choice = {
  kind: 'choice',
  id: 'compared',
  question: 'The pods leave w1 much sooner now. How many requests fail, compared with the first time?',
  choices: [
    { value: 'half', says: 'half as many, or fewer' },
    { value: 'some', says: 'somewhat fewer' },
    { value: 'same', says: 'about as many, or more' },
  ],
  measure(_lab, facts) {
    const { failed } = losses(facts, bittenAt(facts));
    if (firstToll === undefined) throw new Error('the first outage was measured in another run of this program');
    const value = failed <= firstToll / 2 ? 'half' : failed <= firstToll * 0.8 ? 'some' : 'same';
    return Promise.resolve({ value, saw: `${firstToll} requests failed the first time, ${failed} the second time` });
  },
};

export const firstBets = (page: string, message: string): readonly Prediction[] => [
  noticed,
  replacedAfter('replaced', `And until ${replicas} pods of the guestbook are Ready again, all of them on w2?`),
  remembered(shareThatFails),
  unhealthyFor('unhealthy', 'For how many seconds is the app not healthy, if nobody does anything?'),
  onlyCopy,
  pageFate(page),
  messageFate('message', 'And the message in the guestbook?', message),
];

export const secondBets: readonly Prediction[] = [
  replacedAfter('replaced-sooner', `From the power cut until ${replicas} pods are Ready on w2: how many seconds now?`),
  compared,
  unhealthyFor('unhealthy-sooner', 'And for how many seconds is the app not healthy?'),
];
