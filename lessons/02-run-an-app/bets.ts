import { messageFate } from '../message-fate.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { readyPodsIn } from './observers.ts';
import { doubtOf, visitsIn } from './visitor.ts';

export const shareOfTheApp: Prediction = {
  kind: 'choice',
  id: 'share',
  question: "How much of the image is the guestbook's own code?",
  choices: [
    { value: 'most', says: 'more than half' },
    { value: 'some', says: '1 to 50 %' },
    { value: 'little', says: 'less than 1 %' },
  ],
  async measure(lab) {
    const folder = '/run/measured-image';
    const result = await lab.on(
      'w1',
      `mkdir -p ${folder} && ctr images mount docker.io/firedrill/guestbook:1 ${folder} >/dev/null &&
        for part in ${folder} ${folder}/app; do du -s --block-size=1K $part; done | cut -f 1 | xargs; ctr images unmount --rm ${folder} >/dev/null`,
    );
    const [all, app] = result.stdout.trim().split(' ').map(Number);
    if (!all || !app) throw new Error('the image could not be looked at');
    const percent = (100 * app) / all;
    const value = percent > 50 ? 'most' : percent >= 1 ? 'some' : 'little';
    return { value, saw: `${app} KB of ${Math.round(all / 1024)} MB are the guestbook` };
  },
};

/** The page promises that none does. */
const failed = (id: string, question: string): Prediction => ({
  kind: 'choice',
  id,
  question,
  expected: ['none'],
  choices: [
    { value: 'none', says: 'none' },
    { value: 'few', says: 'a few: at most 2 %' },
    { value: 'many', says: 'more than 2 %' },
  ],
  measure(_lab, { observed }) {
    const visits = visitsIn(observed);
    const bad = visits.filter(({ ok }) => !ok).length;
    const value = bad === 0 ? 'none' : bad <= visits.length / 50 ? 'few' : 'many';
    return Promise.resolve({ value, saw: `${bad} of ${visits.length} requests failed`, ...doubtOf(visits) });
  },
});

export const failedForward = failed('failed-forward', 'How many of her requests fail during the roll-out?');
export const failedBack = failed('failed-back', 'And how many fail on the way back to version 1?');

export const sideBySide: Prediction = {
  kind: 'seconds',
  id: 'side-by-side',
  question: 'From the first answer by version 1 to the last one by version 2: how many seconds?',
  measure(_lab, { observed }) {
    const visits = visitsIn(observed);
    const last = visits.findLast(({ version }) => version === '2');
    const first = visits.find(({ version }) => version === '1');
    if (!last || !first) throw new Error('the visitor did not meet both versions');
    const seconds = Math.max(0, last.answeredAt - first.answeredAt) / 1000;
    return Promise.resolve({ seconds, errorSeconds: 0.1, saw: `the visitor met both for ${seconds.toFixed(1)} s` });
  },
};

/** Seconds from the first look that misses a ready pod until the first that has all again. */
const untilReadyAgain = (id: string, question: string, what: string): Prediction => ({
  kind: 'seconds',
  id,
  question,
  measure(_lab, { observed }) {
    const samples = readyPodsIn(observed);
    const wanted = Math.max(0, ...samples.map(({ saw }) => saw));
    const whole = samples.findIndex(({ saw }) => saw >= wanted);
    const gone = samples.findIndex(({ saw }, index) => index > whole && saw < wanted);
    const back = samples.findIndex(({ saw }, index) => index > gone && saw >= wanted);
    const [before, first, last] = [samples[gone - 1], samples[gone], samples[back]];
    if (!before || !first || !last) throw new Error('the moment was not seen');
    const seconds = (last.to - first.to) / 1000;
    const errorSeconds = (first.to - before.from) / 1000;
    return Promise.resolve({ seconds, errorSeconds, saw: `${what} after ${seconds.toFixed(1)} s` });
  },
});

export const replacedAfter = untilReadyAgain(
  'replaced-after',
  'From the moment a pod is deleted until another one is ready in its place: how many seconds?',
  'all pods were ready again',
);

export const nobodyWrites = untilReadyAgain(
  'nobody-writes',
  'And for how many seconds is there no Redis that takes messages?',
  'a new Redis was ready',
);

export const failedReads = failed(
  'failed-reads',
  'A visitor reads the guestbook meanwhile, 20 times a second. How many of her requests fail?',
);

export const dataOfRedis = (message: string): Prediction =>
  messageFate('data', 'You delete the only Redis that takes messages. Is your message there afterwards?', message);
