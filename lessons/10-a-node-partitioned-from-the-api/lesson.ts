import { appAnswers, appAnswersThrough } from '../../scripts/checks/app.ts';
import { evictionsHaveStopped } from '../../scripts/checks/evictions.ts';
import { nodeIsNotReady, nodesAreOnly, nodesAreReady } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podsAreReady,
  podsRunOn,
  podsRunOnlyOn,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, task } from '../../scripts/course/model.ts';
import { cutTraffic } from '../../scripts/faults/cut-traffic.ts';
import { applyGuestbook, guestbookAsMade, removeGuestbook } from '../guestbook.ts';
import { dismissWorkers } from '../joiners.ts';
import { cutBets } from './cut-drill.ts';
import { lossBets, loseOneWay } from './loss-drill.ts';
import { calmSeconds, cutMost, mostBets, mostWorkers, observeMost } from './most-drill.ts';
import { inSeconds, patienceOfPods, patienceWithNodes } from './patience.ts';
import { observePartition, replicas } from './watching.ts';
import { forgetConfigMaps } from '../objects.ts';

const pods = 'app=guestbook';
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const rolledOut = deploymentIsRolledOut('guestbook', { replicas });
const onBoth = podsRunOn(pods, 'w1', 'w2');
const eight = [deploymentIsRolledOut('guestbook', { replicas: 8 }), noPodIsTerminating(pods)] as const;
const throughBoth = [appAnswersThrough('w1'), appAnswersThrough('w2')] as const;
// The pods are counted: those of w2 stop being Ready a moment before the Deployment says that it misses them.
const givenUp = [
  nodeIsNotReady('w2'),
  podsRunOnlyOn(pods, 'w1'),
  podsAreReady(pods, replicas),
  rolledOut,
  appAnswers(),
] as const;
const back = [nodesReady, rolledOut, noPodIsTerminating(pods), ...throughBoth] as const;

export default defineLesson({
  minutes: 20,
  summary: 'A node loses the API server, and nothing else. Who notices, what is given up, and what comes back?',
  needs: 'lab',
  baseline: [
    nodesReady,
    nodesAreOnly('c1', 'w1', 'w2'),
    rolledOut,
    deploymentIsRolledOut('redis-replica'),
    statefulSetIsReady('redis-primary'),
    onBoth,
    ...throughBoth,
  ],
  keeps: guestbookAsMade,
  prepare: applyGuestbook,
  async cleanUp(lab, options) {
    await forgetConfigMaps(lab, 'answer-patience');
    await removeGuestbook(lab, options);
    await dismissWorkers(lab);
  },
  steps: {
    'A sign of life every four seconds': task({
      reach: [
        answerIs(
          { configMap: 'answer-patience', key: 'node', asks: 'after how many silent seconds a node is NotReady' },
          inSeconds(patienceWithNodes),
        ),
        answerIs(
          { configMap: 'answer-patience', key: 'pod', asks: 'how many seconds a pod stays on such a node' },
          inSeconds(patienceOfPods),
        ),
      ],
    }),
    'Only the API is out of reach': drill({
      before: [nodesReady, rolledOut, onBoth, noPodIsTerminating(pods), ...throughBoth],
      predictions: cutBets,
      fault: (lab) => cutTraffic(lab, { on: 'w2', peers: ['c1'], tcpPort: 6443 }),
      bites: [...givenUp, appAnswersThrough('w2')],
      observe: observePartition,
      recovered: back,
      unharmed: [statefulSetIsReady('redis-primary')],
    }),
    'Nothing moves back': task({ reach: [onBoth, rolledOut, noPodIsTerminating(pods), ...throughBoth] }),
    'A worse line': drill({
      before: [nodesReady, rolledOut, onBoth, noPodIsTerminating(pods), ...throughBoth],
      predictions: lossBets,
      fault: loseOneWay,
      bites: givenUp,
      observe: observePartition,
      recovered: back,
      unharmed: [statefulSetIsReady('redis-primary')],
    }),
    'Two more workers': task({
      reach: [
        nodesAreReady('c1', 'w1', ...mostWorkers),
        nodesAreOnly('c1', 'w1', ...mostWorkers),
        ...eight,
        podsRunOn(pods, 'w1', ...mostWorkers),
      ],
    }),
    'Three of four': drill({
      before: [
        nodesAreOnly('c1', 'w1', ...mostWorkers),
        nodesAreReady('c1', 'w1', ...mostWorkers),
        ...eight,
        podsRunOn(pods, 'w1', ...mostWorkers),
        appAnswers(),
      ],
      predictions: mostBets,
      fault: cutMost,
      bites: [
        evictionsHaveStopped(calmSeconds, ...mostWorkers),
        ...mostWorkers.map((name) => nodeIsNotReady(name)),
        appAnswers(),
      ],
      observe: observeMost,
      recovered: [nodesAreReady('c1', 'w1', ...mostWorkers), ...eight, appAnswers()],
      unharmed: [statefulSetIsReady('redis-primary')],
    }),
    'Two workers again': task({
      reach: [nodesAreOnly('c1', 'w1', 'w2'), nodesReady, rolledOut, appAnswers()],
    }),
  },
});
