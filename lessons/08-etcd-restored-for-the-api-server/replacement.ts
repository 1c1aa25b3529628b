import { askApp, appPaths } from '../../scripts/checks/app.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { writeToEtcd } from '../etcd-writer.ts';
import { longestGap, writesIn, type Write } from '../keep-writing.ts';
import { sample, type Sample } from '../sampling.ts';
import { lastWords } from './last-words.ts';

interface Seen {
  writes: readonly Write[];
  app: readonly Sample<boolean>[];
}

/** A client that writes to etcd, and one that visits the guestbook, for as long as the drill runs. */
export async function observeReplacement(lab: Lab, signal: AbortSignal): Promise<Seen> {
  const visits = sample(signal, 0.5, async () => (await askApp(lab, appPaths.page)).status === 200);
  const [writes, app] = await Promise.all([writeToEtcd(lab, signal), visits]);
  return { writes, app };
}

/** What the member with an empty disk does when it is started. */
export const emptyDisk: Prediction = {
  kind: 'choice',
  id: 'empty-disk',
  question: 'The member gets a new, empty disk, and is started with the settings of its first day. What does it do?',
  choices: [
    { value: 'joins', says: 'it fetches everything from the others' },
    { value: 'alone', says: 'it begins a new, empty cluster of its own' },
    { value: 'refuses', says: 'it does not come up' },
  ],
  expected: ['refuses'],
  async measure(lab, { startedAt }) {
    const why = await lastWords(lab, 'e2', startedAt);
    if (why !== undefined) return { value: 'refuses', saw: `its last words: ${why}` };
    const { revision = 0 } = (await lab.etcd.members()).find(({ name }) => name === 'e2') ?? {};
    return { value: revision > 10 ? 'joins' : 'alone', saw: 'it did not refuse' };
  },
};

export const longestWait: Prediction = {
  kind: 'choice',
  id: 'longest-wait',
  question:
    'From the loss until the new member votes, a client writes ten times a second. What is the longest that it must wait for a confirmation?',
  choices: [
    { value: 'short', says: 'less than a second' },
    { value: 'some', says: '1 to 5 seconds' },
    { value: 'long', says: 'longer than 5 seconds' },
  ],
  measure(_lab, { observed }) {
    const { seconds } = longestGap(writesIn((observed as Seen | undefined)?.writes));
    const value = seconds < 1 ? 'short' : seconds <= 5 ? 'some' : 'long';
    return Promise.resolve({ value, saw: `the longest time between two confirmed writes was ${seconds.toFixed(2)} s` });
  },
};

export const wrongByte: Prediction = {
  kind: 'choice',
  id: 'wrong-byte',
  question:
    'One byte in the log of a member is wrong, of some 64 million, when it starts again. What does the member do?',
  choices: [
    { value: 'serves', says: 'it serves, with one wrong value somewhere' },
    { value: 'repairs', says: 'it repairs the log from the other members' },
    { value: 'refuses', says: 'it refuses to start' },
  ],
  expected: ['refuses'],
  async measure(lab, { startedAt }) {
    const why = await lastWords(lab, 'e3', startedAt);
    return why === undefined
      ? { value: 'serves', saw: 'it did not complain' }
      : { value: 'refuses', saw: `its last words: ${why}` };
  },
};

export const visitorsOfTheApp: Prediction = {
  kind: 'choice',
  id: 'visitors',
  question: 'And the visitors of the guestbook meanwhile?',
  choices: [
    { value: 'none', says: 'they notice nothing' },
    { value: 'some', says: 'some see an error' },
  ],
  measure(_lab, { observed }) {
    const visits = (observed as Seen | undefined)?.app ?? [];
    if (visits.length === 0) throw new Error('nobody came');
    const bad = visits.filter(({ saw }) => !saw).length;
    return Promise.resolve({ value: bad === 0 ? 'none' : 'some', saw: `${bad} of ${visits.length} visits failed` });
  },
};
