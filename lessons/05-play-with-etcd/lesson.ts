import { existsSync } from 'node:fs';
import { defineLesson, task } from '../../scripts/course/model.ts';
import { put } from '../../scripts/playground/keys.ts';
import { closePlayground, openPlayground } from '../../scripts/playground/open.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { endOfLease, entriesOfWrites, leaderGap, twoSides, twoSwaps, withoutMajority, writeToRing } from './bets.ts';
import {
  hangsOnLease,
  historyIsCompacted,
  isTaken,
  leaderIsAnother,
  leaderIsWrittenTo,
  memberLeft,
  membersAgree,
  noteTerm,
  onlySideLed,
  playgroundIsClosed,
  playgroundOf,
  quorumIsGone,
  ringIsWhole,
  writtenAtLeast,
} from './ring-checks.ts';

export default defineLesson({
  minutes: 35,
  summary: 'Five members of your own: write, race, watch, forget; then kill, cut, remove, and add them.',
  needs: 'none',
  baseline: [ringIsWhole(5)],
  async prepare(lab) {
    const { place } = await openPlayground(lab.layout.name);
    const write = (key: string, value: string) =>
      waitUntil(async () => (await put(place, key, value)).ok, { what: 'the ring takes a key', deadlineSeconds: 60 });
    await write('seat/12A', 'free');
    await write('side/both', 'old');
  },
  async cleanUp(lab) {
    // Asked before docker is: `reset` cleans up after every lesson, and mostly there is no playground.
    if (existsSync((await playgroundOf(lab)).folder)) await closePlayground(lab.layout.name);
  },
  steps: {
    'Five members': task({ reach: [leaderIsWrittenTo('answer/leader')] }),
    'Every write is an entry': task({ predictions: [entriesOfWrites], reach: [writtenAtLeast('log/x', 10)] }),
    'Only if nobody was faster': task({ predictions: [twoSwaps], reach: [isTaken('seat/12A', 'free')] }),
    'A key that dies with its owner': task({ predictions: [endOfLease], reach: [hangsOnLease('here/me')] }),
    'Watch, and forget': task({ reach: [historyIsCompacted()] }),
    'The leader dies': task({
      predictions: [leaderGap],
      observeFirst: { says: 'Noting in which term the leader leads', look: noteTerm },
      observe: writeToRing,
      reach: [leaderIsAnother()],
    }),
    'Three of five': task({ predictions: withoutMajority, reach: [quorumIsGone()] }),
    'Together again': task({ reach: [ringIsWhole(5), membersAgree()] }),
    'A cut through the ring': task({
      predictions: twoSides,
      reach: [onlySideLed(['p1', 'p2'], ['p3', 'p4', 'p5'])],
    }),
    'The cut is mended': task({ reach: [ringIsWhole(5), membersAgree()] }),
    'A member leaves': task({ reach: [memberLeft('p5', 4)] }),
    'A member joins': task({ reach: [ringIsWhole(5), membersAgree()] }),
    'Close the playground': task({ reach: [playgroundIsClosed()] }),
  },
});
