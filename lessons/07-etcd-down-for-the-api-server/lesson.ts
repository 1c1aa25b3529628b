import { appAnswers } from '../../scripts/checks/app.ts';
import { apiServerAnswers } from '../../scripts/checks/control-plane.ts';
import {
  etcdHasLeader,
  etcdHasQuorum,
  someEtcdLeader,
  etcdLostQuorum,
  etcdMembersAnswer,
} from '../../scripts/checks/etcd.ts';
import { etcdMembersAreSilent } from '../../scripts/checks/etcd-members.ts';
import { nodesAreReady } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import { deploymentIsRolledOut } from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, read, task } from '../../scripts/course/model.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { stopService } from '../../scripts/faults/stop-service.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { forgetWrites, startStoppedMembers, writeToEtcd } from '../etcd-writer.ts';
import { applyGuestbook, guestbookAsMade } from '../guestbook.ts';
import { failedWrites, leaderGap, newPod, withoutQuorum } from './bets.ts';
import { forget, forgetConfigMaps, isReady } from '../objects.ts';

const healthy = [etcdMembersAnswer(3), etcdHasLeader(), apiServerAnswers()] as const;

async function follower(lab: Lab): Promise<string> {
  const leader = await someEtcdLeader(lab);
  return lab.machinesWithRole('etcd').find(({ name }) => name !== leader)?.name ?? 'e3';
}

export default defineLesson({
  minutes: 20,
  summary: 'One member of etcd fails, then the leader, then two. What stops, what goes on, and for how long.',
  needs: 'lab',
  baseline: [
    ...healthy,
    nodesAreReady('c1', 'w1', 'w2'),
    deploymentIsRolledOut('guestbook', { replicas: 4 }),
    appAnswers(),
  ],
  keeps: guestbookAsMade,
  prepare: applyGuestbook,
  async cleanUp(lab) {
    await startStoppedMembers(lab);
    // Where it does not come back, the baseline says so.
    const answers = { what: 'the API server answers', deadlineSeconds: 30 };
    await waitUntil(() => isReady(lab), answers).catch(() => undefined);
    await forgetConfigMaps(lab, 'answer-size');
    await forget(lab, `/api/v1/namespaces/default/pods/${newPod}?gracePeriodSeconds=1`);
    await forgetWrites(lab);
  },
  steps: {
    'What a majority is for': task({
      reach: [
        answerIs({ configMap: 'answer-size', key: 'five', asks: 'how many of five members may fail' }, () => '2'),
        answerIs({ configMap: 'answer-size', key: 'four', asks: 'how many of four members may fail' }, () => '1'),
      ],
    }),
    'One member fails': drill({
      before: healthy,
      predictions: [failedWrites],
      fault: async (lab) => ({
        ...stopService(await follower(lab), 'etcd', { abruptly: true }),
        title: 'an etcd member that does not lead has failed',
      }),
      bites: [etcdMembersAreSilent(1), etcdHasLeader()],
      observe: writeToEtcd,
      recovered: healthy,
      unharmed: [appAnswers(), nodesAreReady('c1', 'w1', 'w2')],
    }),
    'The leader fails': drill({
      before: healthy,
      predictions: [leaderGap],
      fault: async (lab) => ({
        ...stopService(await someEtcdLeader(lab), 'etcd', { abruptly: true }),
        title: 'the etcd member that leads has failed',
      }),
      bites: [etcdMembersAreSilent(1), etcdHasLeader()],
      observe: writeToEtcd,
      recovered: healthy,
      unharmed: [appAnswers(), nodesAreReady('c1', 'w1', 'w2')],
    }),
    'Two members fail': task({
      records: true,
      predictions: withoutQuorum,
      reach: [etcdMembersAreSilent(2), etcdLostQuorum()],
    }),
    'Ask the one that is left': read,
    'A majority again': task({
      records: true,
      reach: [
        etcdHasQuorum(),
        etcdMembersAnswer(3),
        etcdHasLeader(),
        apiServerAnswers(),
        nodesAreReady('c1', 'w1', 'w2'),
      ],
    }),
    'What etcd protects you from': read,
  },
});
