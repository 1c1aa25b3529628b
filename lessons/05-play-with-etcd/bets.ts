import { setTimeout as pause } from 'node:timers/promises';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { call, encoded } from '../../scripts/playground/gateway.ts';
import { get, put, whomToAsk, type Answer } from '../../scripts/playground/keys.ts';
import { machineNamed, type Place } from '../../scripts/playground/place.ts';
import { leaderOf, lookAtRing } from '../../scripts/playground/ring.ts';
import { keepWriting, longestGap, writesIn, type Write } from '../keep-writing.ts';
import { playgroundOf } from './ring-checks.ts';

const writeOften = 10;

const indexOf = async (place: Place): Promise<number> => {
  const index = leaderOf(await lookAtRing(place))?.index;
  if (index === undefined) throw new Error('nobody leads');
  return index;
};

/** Ten writes of the same value, and then ten reads: measured anew, because others may have written meanwhile. */
export const entriesOfWrites: Prediction = {
  kind: 'choice',
  id: 'same-value',
  question:
    'You write the same value to the same key ten times, and read it ten times. By how much does the index grow?',
  choices: [
    { value: 'none', says: 'by 0 or 1: nothing changes' },
    { value: 'writes', says: 'by 10: each write is an entry' },
    { value: 'all', says: 'by 20: reads are entries too' },
  ],
  expected: ['writes'],
  async measure(lab) {
    const place = await playgroundOf(lab);
    const before = await indexOf(place);
    for (let times = 0; times < writeOften; times += 1) await must(put(place, 'log/bet', 'same'));
    for (let times = 0; times < writeOften; times += 1) await must(get(place, 'log/bet'));
    const grown = (await indexOf(place)) - before;
    const value = grown < writeOften ? 'none' : grown < 2 * writeOften ? 'writes' : 'all';
    return { value, saw: `the index went from ${before} to ${before + grown}` };
  },
};

/** Two compare-and-swaps of the same key, sent to two members at the same moment. */
export const twoSwaps: Prediction = {
  kind: 'choice',
  id: 'two-swaps',
  question:
    'Two people take the same free seat by compare-and-swap at the same moment, through two members. How many get it?',
  choices: [
    { value: '0', says: 'none: they disturb each other' },
    { value: '1', says: 'always exactly one' },
    { value: '2', says: 'sometimes both: the later one wins' },
  ],
  expected: ['1'],
  async measure(lab) {
    const place = await playgroundOf(lab);
    await must(put(place, 'seat/bet', 'free'));
    const [one, other] = await Promise.all([swap(place, 'p1', 'ada'), swap(place, 'p2', 'bob')]);
    const winners = [one, other].filter(Boolean).length;
    const holder = (await must(get(place, 'seat/bet'))).keys?.[0]?.value ?? 'nobody';
    return { value: String(winners), saw: `${winners} of 2 succeeded; the seat is held by ${holder}` };
  },
};

async function swap(place: Place, via: string, name: string): Promise<boolean> {
  const key = encoded('seat/bet');
  const answer = (await call(await whomToAsk(place, { via }), '/v3/kv/txn', {
    compare: [{ key, target: 'VALUE', result: 'EQUAL', value: encoded('free') }],
    success: [{ request_put: { key, value: encoded(name) } }],
  })) as { succeeded?: boolean };
  return answer.succeeded ?? false;
}

const leaseSeconds = 5;

export const endOfLease: Prediction = {
  kind: 'seconds',
  id: 'lease',
  question: `A key hangs on a lease of ${leaseSeconds} seconds, and its owner dies at once. After how many seconds is the key gone?`,
  // Counted from the write, which may come 2 s after the grant. A new leader gives the full time once more, when it leads.
  expected: { from: leaseSeconds - 2, to: 3 * leaseSeconds },
  async measure(lab) {
    const place = await playgroundOf(lab);
    const leader = await whomToAsk(place, { via: undefined });
    const granted = (await call(leader, '/v3/lease/grant', { TTL: leaseSeconds })) as { ID: string };
    await call(leader, '/v3/kv/put', { key: encoded('here/bet'), value: encoded('me'), lease: granted.ID });
    const startedAt = performance.now();
    const looks = 0.1;
    while ((await must(get(place, 'here/bet'))).keys?.length !== 0) {
      if (performance.now() - startedAt > 4 * leaseSeconds * 1000) throw new Error('the key was never gone');
      await pause(looks * 1000);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    return { seconds, errorSeconds: 2 * looks, saw: `the key was gone ${seconds.toFixed(1)} s after it was written` };
  },
};

export const leaderGap: Prediction = {
  kind: 'seconds',
  id: 'leader-gap',
  question: 'The leader dies without a goodbye. For how many seconds is no write confirmed?',
  // The shortest time-out is 1 s, of which two heartbeats may be over; where nobody wins an election, there is another one.
  expected: { from: 0.8, to: 10 },
  measure(_lab, { observed }) {
    const { seconds, usualSeconds } = longestGap(writesIn(observed));
    const saw = `${seconds.toFixed(2)} s between two confirmed writes; usually it was ${usualSeconds.toFixed(2)} s`;
    return Promise.resolve({ seconds, errorSeconds: 2 * usualSeconds, saw });
  },
};

const all = ['p1', 'p2', 'p3', 'p4', 'p5'];
/** Milliseconds between two writes: how exactly the gap is known. */
const writeEveryMilliseconds = 50;

/** A client that writes to the members in turn until the step ends, and does not wait for one write before the next. */
export async function writeToRing(lab: Lab, signal: AbortSignal): Promise<Write[]> {
  const place = await playgroundOf(lab);
  return keepWriting(signal, {
    everyMilliseconds: writeEveryMilliseconds,
    write: (turn) => writeOnce(place, all[turn % all.length] ?? 'p1'),
  });
}

async function writeOnce(place: Place, name: string): Promise<Write> {
  const sentAt = Date.now();
  const body = { key: encoded('log/heartbeat'), value: encoded(String(sentAt)) };
  const ok = await call(machineNamed(place, name), '/v3/kv/put', body, { timeoutSeconds: 1 }).then(
    () => true,
    () => false,
  );
  return { sentAt, answeredAt: Date.now(), ok };
}

/** Tries something once: that it worked is the answer, and so is that it did not. */
const tried = (
  id: string,
  question: string,
  expected: 'works' | 'fails',
  attempt: (place: Place) => Promise<Answer>,
): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'works', says: 'it works' },
    { value: 'fails', says: 'it does not' },
  ],
  expected: [expected],
  async measure(lab) {
    const { ok, said, via } = await attempt(await playgroundOf(lab));
    return { value: ok ? 'works' : 'fails', saw: `${via}: ${said}` };
  },
});

const survivor = async (place: Place): Promise<string> => {
  const found = (await lookAtRing(place)).members.find(({ state }) => state === 'leaderless');
  if (!found) throw new Error('there is no member without a leader');
  return found.name;
};

export const withoutMajority: readonly Prediction[] = [
  tried('write-2-of-5', 'Two of five run. Somebody writes a key?', 'fails', async (place) =>
    put(place, 'log/without', '1', { via: await survivor(place) }),
  ),
  tried('read-2-of-5', 'And reads one, as etcd reads by default?', 'fails', async (place) =>
    get(place, 'log/x', { via: await survivor(place) }),
  ),
  tried('old-read-2-of-5', 'And reads one, content with what that member has?', 'works', async (place) =>
    get(place, 'log/x', { via: await survivor(place), serializable: true }),
  ),
];

export const twoSides: readonly Prediction[] = [
  tried('write-at-two', 'p1 and p2 are cut off, and all five run. Somebody writes through p1?', 'fails', (place) =>
    put(place, 'side/small', 'written', { via: 'p1' }),
  ),
  tried('write-at-three', 'And through p3, on the other side?', 'works', (place) =>
    put(place, 'side/large', 'written', { via: 'p3' }),
  ),
  {
    kind: 'choice',
    id: 'old-value',
    question: "A key is then changed through p3. What does a read through p1 say that may be old ('serializable')?",
    choices: [
      { value: 'old', says: 'the old value' },
      { value: 'new', says: 'the new value' },
      { value: 'nothing', says: 'nothing: it is refused' },
    ],
    expected: ['old'],
    async measure(lab) {
      const place = await playgroundOf(lab);
      await must(put(place, 'side/both', 'new', { via: 'p3' }));
      const { ok, said, keys } = await get(place, 'side/both', { via: 'p1', serializable: true });
      const value = keys?.[0]?.value ?? 'no such key';
      return {
        value: !ok ? 'nothing' : value === 'new' ? 'new' : 'old',
        saw: ok ? `p1 says: ${value}` : `p1: ${said}`,
      };
    },
  },
];

async function must(answer: Promise<Answer>): Promise<Answer> {
  const answered = await answer;
  if (!answered.ok) throw new Error(`${answered.via}: ${answered.said}`);
  return answered;
}
