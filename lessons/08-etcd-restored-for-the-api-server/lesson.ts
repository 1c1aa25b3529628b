import { appAnswers } from '../../scripts/checks/app.ts';
import { apiServerAnswers, apiServerIsDown } from '../../scripts/checks/control-plane.ts';
import {
  etcdHasLeader,
  etcdHasQuorum,
  etcdKeyIs,
  etcdLostQuorum,
  etcdMemberCountIs,
  etcdMembersAnswer,
} from '../../scripts/checks/etcd.ts';
import { etcdMembersAreSilent, etcdMembersVote } from '../../scripts/checks/etcd-members.ts';
import { nodesAreReady } from '../../scripts/checks/nodes.ts';
import { deploymentIsRolledOut } from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, read } from '../../scripts/course/model.ts';
import { corruptEtcdLog } from '../../scripts/faults/corrupt-etcd-log.ts';
import { loseEtcdData } from '../../scripts/faults/lose-etcd-data.ts';
import { stopServices } from '../../scripts/faults/stop-services.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { forgetKey } from '../etcd-keys.ts';
import { forgetWrites, startStoppedMembers } from '../etcd-writer.ts';
import { applyGuestbook, guestbookAsMade } from '../guestbook.ts';
import { comebackBets, observeComeback } from './comeback.ts';
import { haveFirstMembersAgain, memberIsOfTheFirst } from './first-members.ts';
import { endedByWrongChecksum, endedItself } from './last-words.ts';
import { forgetMembers, memberIsNew, rememberMember } from './new-member.ts';
import { otherMembersAnswer } from './other-members.ts';
import { emptyDisk, longestWait, observeReplacement, visitorsOfTheApp, wrongByte } from './replacement.ts';
import { putRightDiskBack } from './right-disk.ts';
import { controllersWork, kubeletsReport } from './signs-of-life.ts';

const marker = { key: '/firedrill/marker', value: 'written-before' };
const nodes = ['c1', 'w1', 'w2'] as const;

const etcdIsWhole = [
  etcdMembersAnswer(3),
  etcdHasLeader(),
  etcdMemberCountIs(3),
  etcdMembersVote(),
  apiServerAnswers(),
] as const;
const nothingLost = [etcdKeyIs(marker.key, marker.value), appAnswers(), nodesAreReady(...nodes)];

export default defineLesson({
  minutes: 25,
  summary: 'etcd comes back: with its quorum, with a new member for a lost disk, and after a byte that went wrong.',
  needs: 'lab',
  baseline: [
    ...etcdIsWhole,
    nodesAreReady(...nodes),
    deploymentIsRolledOut('guestbook', { replicas: 4 }),
    appAnswers(),
  ],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    await applyGuestbook(lab, options);
    const isWritten = async () => (await lab.etcd.ctl(['put', marker.key, marker.value])).exitCode === 0;
    await waitUntil(isWritten, { what: 'etcd takes a key', deadlineSeconds: 60 });
  },
  async cleanUp(lab) {
    await putRightDiskBack(lab);
    await startStoppedMembers(lab);
    await Promise.all([forgetKey(lab, marker.key), forgetMembers(lab), forgetWrites(lab)]);
    await haveFirstMembersAgain(lab);
  },
  steps: {
    'The quorum comes back': drill({
      before: [...etcdIsWhole, controllersWork(), kubeletsReport(...nodes)],
      predictions: comebackBets,
      fault: () => ({ ...stopServices(['e2', 'e3'], 'etcd'), title: 'etcd has lost its majority' }),
      bites: [etcdMembersAreSilent(2), etcdLostQuorum(), apiServerIsDown()],
      observe: observeComeback,
      recovered: [
        etcdHasQuorum(),
        ...etcdIsWhole,
        controllersWork(),
        kubeletsReport(...nodes),
        nodesAreReady(...nodes),
      ],
      unharmed: nothingLost,
      // Old signs of life may look fresh for a while: what is counted must be new.
      holdSeconds: 14,
    }),
    'A disk is gone': drill({
      before: [...etcdIsWhole, memberIsOfTheFirst('e2')],
      predictions: [emptyDisk, longestWait],
      fault: async (lab) => {
        await rememberMember(lab, 'e2');
        return { ...loseEtcdData('e2'), title: 'an etcd member has a new, empty disk' };
      },
      bites: [etcdMembersAreSilent(1), etcdHasQuorum(), endedItself('e2')],
      observe: observeReplacement,
      recovered: [otherMembersAnswer('e2'), ...etcdIsWhole, memberIsNew('e2')],
      unharmed: nothingLost,
    }),
    'A byte is wrong': drill({
      before: etcdIsWhole,
      predictions: [wrongByte, visitorsOfTheApp],
      fault: async (lab) => {
        await rememberMember(lab, 'e3');
        return { ...corruptEtcdLog('e3'), title: 'an etcd member does not come back after a crash' };
      },
      bites: [etcdMembersAreSilent(1), etcdHasQuorum(), endedByWrongChecksum('e3')],
      observe: observeReplacement,
      recovered: [otherMembersAnswer('e3'), ...etcdIsWhole, memberIsNew('e3')],
      unharmed: nothingLost,
    }),
    'Why one member alone is never rolled back': read,
  },
});
