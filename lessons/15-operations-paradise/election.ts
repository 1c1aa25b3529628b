import { someEtcdLeader } from '../../scripts/checks/etcd.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { leaderOf } from '../../scripts/stage/watch/news.ts';
import { sample, type Sample } from '../sampling.ts';
import { failedRequests } from '../under-load.ts';

/**
 * Cuts the power of the machine whose member of etcd leads at that moment. The title does not say which.
 * @throws FiredrillError `waited-in-vain` where nobody leads.
 */
export async function loseLeader(lab: Lab): Promise<Fault> {
  return { ...cutPower(lab, await someEtcdLeader(lab)), title: 'a machine has no power' };
}

interface Election {
  leaders: readonly Sample<string | undefined>[];
}

/** Seconds that a member is given to answer. One without power never does, and must not hold up the look at the others. */
const answerSeconds = 0.5;

/** Who says that it leads. In an election that may be nobody. */
export const observeElection = async (lab: Lab, signal: AbortSignal): Promise<Election> => ({
  leaders: await sample(signal, 0.2, async () => {
    const members = await lab.etcd.members({ timeoutSeconds: answerSeconds });
    return leaderOf({ members })?.name;
  }),
});

/**
 * How long the first change of the leader took: from the last look that saw the old one until the first that saw a new
 * one. Not from when the fault was in force: that is known only once the power is off, and a new leader may be there by then.
 */
function changeOfLeader(looks: readonly Sample<string | undefined>[]): {
  seconds: number;
  errorSeconds: number;
  saw: string;
} {
  const old = looks.find(({ saw }) => saw !== undefined)?.saw;
  if (old === undefined) throw new Error('nobody saw who led before');
  const index = looks.findIndex(({ saw }) => saw !== undefined && saw !== old);
  const [found, before] = [looks[index], looks[index - 1]];
  const lastIndex = looks.slice(0, index).findLastIndex(({ saw }) => saw === old);
  const [last, after] = [looks[lastIndex], looks[lastIndex + 1]];
  if (!found || !before || !last || !after) throw new Error('a new leader was not seen');
  return {
    seconds: (found.to - last.from) / 1000,
    // The old one was lost at any time until the look after, and the new one led at any time since the look before.
    errorSeconds: Math.min(found.to - last.from, after.to - last.from + (found.to - before.from)) / 1000,
    saw: `${old} led before, and then ${found.saw ?? ''}`,
  };
}

const newLeaderAfter: Prediction = {
  kind: 'seconds',
  id: 'new-leader',
  question:
    'A machine loses its power, and it is the one whose etcd leads. After how many seconds does another one lead?',
  measure: (_lab, { observed }) =>
    Promise.resolve(changeOfLeader((observed as Partial<Election> | undefined)?.leaders ?? [])),
};

export const electionBets: readonly Prediction[] = [
  newLeaderAfter,
  failedRequests('leader-failed', 'And how many requests fail, until that machine is back?'),
];
