import { etcdLeader } from '../../scripts/checks/etcd.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { leaderOf } from '../../scripts/stage/watch/news.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { secondsUntilSeen } from '../moments.ts';
import { sample, type Sample } from '../sampling.ts';
import { failedRequests } from '../under-load.ts';

/** Cuts the power of the machine whose member of etcd leads at that moment. The title does not say which. */
export async function loseLeader(lab: Lab): Promise<Fault> {
  const leader = await etcdLeader(lab);
  if (leader === undefined) {
    throw new FiredrillError('etcd has no leader that could be lost.', {
      code: 'no-leader',
      remedy: "Look with 'npx firedrill lab status' who is silent, and start the step again.",
    });
  }
  return { ...cutPower(lab, leader), title: 'a machine has no power' };
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

const newLeaderAfter: Prediction = {
  kind: 'seconds',
  id: 'new-leader',
  question:
    'A machine loses its power, and it is the one whose etcd leads. After how many seconds does another one lead?',
  measure(_lab, { observed, startedAt }) {
    const { leaders } = (observed as Partial<Election> | undefined) ?? {};
    const before = leaders?.findLast(({ to, saw }) => to <= startedAt && saw !== undefined)?.saw;
    if (!leaders || before === undefined) throw new Error('nobody saw who led before');
    const isNew = (leader: string | undefined): boolean => leader !== undefined && leader !== before;
    const found = secondsUntilSeen(leaders, startedAt, 'a new leader', isNew);
    const after = leaders.find(({ to, saw }) => to >= startedAt && isNew(saw))?.saw ?? '';
    return Promise.resolve({ ...found, saw: `${before} led before, and then ${after}` });
  },
};

export const electionBets: readonly Prediction[] = [
  newLeaderAfter,
  failedRequests('leader-failed', 'And how many requests fail, until that machine is back?'),
];
