import { appAnswersThrough } from '../../scripts/checks/app.ts';
import { kubeletShowsCertificate, machineAsksToJoin, requestorFor } from '../../scripts/checks/joining.ts';
import { nodesAreOnly, nodesAreReady } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podsRunOn,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { defineLesson, task } from '../../scripts/course/model.ts';
import { removeGuestbook } from '../guestbook.ts';
import { dismissWorkers } from '../joiners.ts';
import { failedRequests, noneFail, putUnderLoad } from '../under-load.ts';
import { growth, readyAfter, whereNewPodsStart } from './bets.ts';
import { askFlatOut, measureAgain } from './flat-out.ts';
import { applyLimitedGuestbook } from './limited.ts';
import { forgetConfigMaps } from '../objects.ts';

const pods = 'app=guestbook';
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const onlyFirst = nodesAreOnly('c1', 'w1', 'w2');
const four = deploymentIsRolledOut('guestbook', { replicas: 4 });
const throughBoth = [appAnswersThrough('w1'), appAnswersThrough('w2')] as const;
const answers = ['answer-worker', 'answer-requests'];

export default defineLesson({
  minutes: 20,
  summary: 'What makes a worker? Add one, let it in by hand, give it work, and send it away without losing a request.',
  needs: 'lab',
  baseline: [
    nodesReady,
    onlyFirst,
    four,
    statefulSetIsReady('redis-primary'),
    deploymentIsRolledOut('redis-replica'),
    podsRunOn(pods, 'w1', 'w2'),
    ...throughBoth,
  ],
  prepare: applyLimitedGuestbook,
  async cleanUp(lab, options) {
    await forgetConfigMaps(lab, ...answers);
    await removeGuestbook(lab, options);
    await dismissWorkers(lab);
  },
  steps: {
    'What makes a worker': task({
      reach: [
        answerIs(
          { configMap: 'answer-worker', key: 'token', asks: 'which file of a joining worker holds its token' },
          () => ['/etc/kubernetes/bootstrap-kubelet.conf', 'bootstrap-kubelet.conf'],
        ),
        answerIs({ configMap: 'answer-worker', key: 'keys', asks: 'in which folder it keeps its certificates' }, () => [
          '/var/lib/kubelet/pki',
          '/var/lib/kubelet/pki/',
        ]),
      ],
    }),
    'A machine that nobody knows': task({ reach: [machineAsksToJoin('w3'), onlyFirst, four] }),
    'Read, then approve': task({
      predictions: [readyAfter],
      reach: [
        answerIs({ configMap: 'answer-requests', key: 'first', asks: 'who sent the first request for w3' }, (lab) =>
          requestorFor(lab.kubernetes, 'w3', 'client'),
        ),
        answerIs({ configMap: 'answer-requests', key: 'second', asks: 'who sent the second one' }, (lab) =>
          requestorFor(lab.kubernetes, 'w3', 'serving'),
        ),
        nodesAreReady('c1', 'w1', 'w2', 'w3'),
        kubeletShowsCertificate('w3'),
      ],
    }),
    'More pods': task({
      predictions: [whereNewPodsStart, growth],
      observeFirst: { says: 'Asking the guestbook as often as it can answer', look: askFlatOut },
      observe: measureAgain,
      reach: [deploymentIsRolledOut('guestbook', { replicas: 6 }), podsRunOn(pods, 'w1', 'w2', 'w3'), ...throughBoth],
    }),
    'And down again': task({
      predictions: [failedRequests('failed-down', 'How many requests fail on the way down?', noneFail)],
      observe: async (lab, signal) => ({ load: await putUnderLoad(lab, signal) }),
      reach: [onlyFirst, nodesReady, four, noPodIsTerminating(pods), ...throughBoth],
    }),
  },
});
