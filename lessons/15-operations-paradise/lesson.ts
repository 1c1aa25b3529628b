import { appAnswersThrough, appVersionIs } from '../../scripts/checks/app.ts';
import { etcdHasLeader, etcdMemberCountIs, etcdMembersAnswer } from '../../scripts/checks/etcd.ts';
import { etcdMembersAreSilent } from '../../scripts/checks/etcd-members.ts';
import { nodeIsNotReady, nodesAreOnly, nodesAreReady, nodeTakesPods } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import { nodeRunsMinor } from '../../scripts/checks/versions.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podsAreReady,
  podsRunOn,
  podsRunOnlyOn,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, task } from '../../scripts/course/model.ts';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import { unhealthyFor } from '../13-an-unplanned-outage/bets.ts';
import { dns, replica, spreadTheRest } from '../13-an-unplanned-outage/places.ts';
import { versionOfOlderKubelet } from '../14-downgrade-and-upgrade-a-node/versions.ts';
import { applyGuestbook, guestbookAsMade, removeGuestbook } from '../guestbook.ts';
import { dismissWorkers } from '../joiners.ts';
import { failedRequests, noneFail } from '../under-load.ts';
import { electionBets, loseLeader, observeElection } from './election.ts';
import { grade } from './grade.ts';
import { reportIsWritten, writtenAnswers } from './incident.ts';
import { moveAllTo, nodes } from './minors.ts';
import { forgetShift, nothingElse, onDuty } from './shift.ts';
import { forgetConfigMaps, uncordonAll } from '../objects.ts';

const pods = 'app=guestbook';
const newImage = 'firedrill/guestbook:2';
const workers = ['w1', 'w2', 'w3'] as const;
const storeRuns = [statefulSetIsReady('redis-primary'), deploymentIsRolledOut('redis-replica')] as const;
const through = (...names: string[]) => names.map((name) => appAnswersThrough(name));
const takePods = workers.map((name) => nodeTakesPods(name));
const upgraded = ['c1', ...workers].map((name) => nodeRunsMinor(name, 'newer'));
const etcdIsWhole = [etcdMembersAnswer(3), etcdHasLeader()] as const;
const four = (image: string) => deploymentIsRolledOut('guestbook', { replicas: 4, image });
const six = (image: string) => deploymentIsRolledOut('guestbook', { replicas: 6, image });
const largeLab = [nodesAreOnly('c1', ...workers), nodesAreReady('c1', ...workers), ...takePods] as const;
const largeApp = (image: string) =>
  [six(image), podsRunOn(pods, ...workers), noPodIsTerminating(pods), ...storeRuns, ...through(...workers)] as const;

export default defineLesson({
  minutes: 30,
  summary: 'The finale: grow, roll out, upgrade, lose a machine and a leader, all under load. You are told goals only.',
  needs: 'lab',
  baseline: [
    nodesAreOnly(...nodes),
    nodesAreReady(...nodes),
    ...nodes.map((name) => nodeRunsMinor(name, 'older')),
    ...etcdIsWhole,
    four('firedrill/guestbook:1'),
    podsRunOn(pods, 'w1', 'w2'),
    podsRunOn(replica, 'w2'),
    podsRunOn(dns, 'w2'),
    ...storeRuns,
    ...through('w1', 'w2'),
  ],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    await moveAllTo(lab, 'older');
    await applyGuestbook(lab, options);
    await spreadTheRest(lab);
  },
  async cleanUp(lab, options) {
    const putNodesBack = async (): Promise<void> => {
      await uncordonAll(lab);
      await dismissWorkers(lab);
      await moveAllTo(lab, 'newer');
    };
    await Promise.all([
      forgetShift(lab),
      forgetConfigMaps(lab, 'answer-plan', 'incident'),
      removeGuestbook(lab, options),
    ]);
    // At last: it starts the API server anew.
    await putNodesBack();
  },
  steps: {
    'Your shift begins': task({
      reach: [
        answerIs(
          { configMap: 'answer-plan', key: 'version', asks: 'which version the nodes have' },
          versionOfOlderKubelet,
        ),
        answerIs({ configMap: 'answer-plan', key: 'store', asks: 'which worker holds what exists once' }, () => 'w1'),
      ],
    }),
    'More visitors are coming': task({
      predictions: [failedRequests('grow-failed', 'How many requests will you lose while you grow?', noneFail)],
      observe: onDuty('More visitors are coming', nothingElse),
      reach: [...largeLab, ...largeApp('firedrill/guestbook:1')],
    }),
    'Version 2 is due': task({
      predictions: [failedRequests('roll-failed', 'How many requests will you lose by the roll-out?', noneFail)],
      observe: onDuty('Version 2 is due', nothingElse),
      reach: [...largeApp(newImage), appVersionIs('2')],
    }),
    'The nodes are a version behind': task({
      predictions: [
        failedRequests('upgrade-failed', 'How many requests will you lose while all nodes are upgraded?', noneFail),
      ],
      observe: onDuty('The nodes are a version behind', nothingElse),
      reach: [...largeLab, ...upgraded, ...largeApp(newImage)],
    }),
    'A machine is lost': drill({
      before: [...largeLab, ...largeApp(newImage)],
      predictions: [
        unhealthyFor(
          'machine-unhealthy',
          'w2 loses its power. Until its pods are replaced: for how many seconds is the app not healthy?',
        ),
        failedRequests('machine-failed', 'And how many requests fail, until all is well again?'),
      ],
      fault: (lab) => cutPower(lab, 'w2'),
      bites: [
        nodeIsNotReady('w2'),
        podsRunOnlyOn(pods, 'w1', 'w3'),
        podsAreReady(pods, 6),
        ...through('w1', 'w3'),
        etcdHasLeader(),
      ],
      observe: onDuty('A machine is lost', nothingElse),
      recovered: [...largeLab, ...largeApp(newImage)],
      unharmed: upgraded,
    }),
    'Another machine is lost': drill({
      before: [...etcdIsWhole, ...largeLab, ...largeApp(newImage)],
      predictions: electionBets,
      fault: loseLeader,
      bites: [etcdMembersAreSilent(1), etcdHasLeader(), ...through(...workers)],
      observe: onDuty('Another machine is lost', observeElection),
      recovered: [...etcdIsWhole, ...largeLab, ...through(...workers)],
      unharmed: [etcdMemberCountIs(3), six(newImage), ...storeRuns],
    }),
    'The visitors go home': task({
      predictions: [failedRequests('shrink-failed', 'How many requests will you lose on the way down?', noneFail)],
      observe: onDuty('The visitors go home', nothingElse),
      reach: [
        nodesAreOnly(...nodes),
        nodesAreReady(...nodes),
        four(newImage),
        podsRunOn(pods, 'w1', 'w2'),
        noPodIsTerminating(pods),
        ...storeRuns,
        ...through('w1', 'w2'),
      ],
    }),
    'Your report': task({ predictions: grade, reach: [reportIsWritten()], answers: writtenAnswers }),
  },
});
