import type { V1PersistentVolume, V1Pod } from '@kubernetes/client-node';
import { appAnswers, appHasMessage, appVersionIs } from '../../scripts/checks/app.ts';
import { nodesAreReady } from '../../scripts/checks/nodes.ts';
import {
  answerIs,
  namedPodIsGone,
  podWasReplaced,
  serviceHasEndpoints,
  volumeIsGone,
} from '../../scripts/checks/objects.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podsAreSpread,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { defineLesson, task } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { messages, removeGuestbook } from '../guestbook.ts';
import { forgetConfigMaps } from '../objects.ts';
import * as bets from './bets.ts';
import { observeBoth, observeReadyPods } from './observers.ts';
import { visit } from './visitor.ts';

const message = messages['Run an app'];
const answers = ['image', 'pod', 'redis', 'data'].map((name) => `answer-${name}`);

const volume = (lab: Lab): Promise<V1PersistentVolume> =>
  lab.kubernetes.get<V1PersistentVolume>('/api/v1/persistentvolumes/redis-data');

async function machineOfRedis(lab: Lab): Promise<string | undefined> {
  return (await lab.kubernetes.get<V1Pod>('/api/v1/namespaces/default/pods/redis-primary-0')).spec?.nodeName;
}

export default defineLesson({
  minutes: 20,
  summary:
    'An image taken apart, an app run, scaled, rolled out and back, and parts of it killed while visitors look on.',
  needs: 'lab',
  baseline: [nodesAreReady('c1', 'w1', 'w2'), volumeIsGone('redis-data')],
  async cleanUp(lab, options) {
    await forgetConfigMaps(lab, ...answers);
    await removeGuestbook(lab, options);
  },
  steps: {
    'Take an image apart': task({
      predictions: [bets.shareOfTheApp],
      reach: [
        answerIs({ configMap: 'answer-image', key: 'os', asks: 'which distribution the image brings' }, () => [
          'debian',
          'Debian',
        ]),
        answerIs({ configMap: 'answer-image', key: 'app', asks: 'which folder holds the guestbook' }, () => [
          '/app',
          'app',
          '/app/',
          'app/',
        ]),
      ],
    }),
    'Run it from a manifest': task({
      reach: [
        deploymentIsRolledOut('guestbook', { replicas: 4 }),
        deploymentIsRolledOut('redis-replica'),
        statefulSetIsReady('redis-primary'),
        appAnswers(),
      ],
    }),
    'Leave a message': task({ reach: [appHasMessage(message)] }),
    'Scale it': task({
      reach: [
        deploymentIsRolledOut('guestbook', { replicas: 6 }),
        podsAreSpread('app=guestbook', 2),
        serviceHasEndpoints('guestbook', 6),
      ],
    }),
    'A new version, without a gap': task({
      predictions: [bets.failedForward],
      observe: (lab, signal) => visit(lab, signal),
      reach: [deploymentIsRolledOut('guestbook', { image: 'firedrill/guestbook:2' }), appVersionIs('2')],
    }),
    'And back': task({
      predictions: [bets.failedBack, bets.sideBySide],
      observe: (lab, signal) => visit(lab, signal),
      reach: [
        deploymentIsRolledOut('guestbook', { image: 'firedrill/guestbook:1' }),
        appVersionIs('1'),
        // In the next step, a pod that leaves anyway would not be missed.
        noPodIsTerminating('app=guestbook'),
      ],
    }),
    'Lose a pod': task({
      predictions: [bets.replacedAfter],
      observe: observeReadyPods('app=guestbook'),
      reach: [namedPodIsGone('answer-pod', 'guestbook-'), deploymentIsRolledOut('guestbook')],
    }),
    'Lose the memory': task({
      predictions: [bets.dataOfRedis(message), bets.failedReads, bets.nobodyWrites],
      observe: observeBoth('app=redis,role=primary'),
      reach: [
        podWasReplaced('redis-primary-0', 'answer-redis'),
        statefulSetIsReady('redis-primary'),
        appHasMessage(message),
      ],
    }),
    'Where the data lives': task({
      reach: [
        answerIs(
          { configMap: 'answer-data', key: 'machine', asks: 'which machine holds the messages' },
          machineOfRedis,
        ),
        answerIs(
          { configMap: 'answer-data', key: 'folder', asks: 'which folder holds the messages' },
          async (lab) => (await volume(lab)).spec?.hostPath?.path,
        ),
      ],
    }),
  },
});
