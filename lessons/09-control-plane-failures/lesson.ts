import { appAnswers } from '../../scripts/checks/app.ts';
import { apiServerAnswers, apiServerIsDown } from '../../scripts/checks/control-plane.ts';
import { etcdHasLeader } from '../../scripts/checks/etcd.ts';
import { nodesAreReady } from '../../scripts/checks/nodes.ts';
import { serviceHasEndpoints } from '../../scripts/checks/objects.ts';
import { deploymentIsRolledOut, podIsGone, podIsReady, podsAreReady } from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, read } from '../../scripts/course/model.ts';
import { killProcess } from '../../scripts/faults/kill-process.ts';
import { restartKubelets } from '../../scripts/lab/repair/agents.ts';
import { applyGuestbook, guestbookAsMade, removeGuestbook } from '../guestbook.ts';
import { forget } from '../objects.ts';
import { apiServerBets, observeOutage } from './api-server-drill.ts';
import { controllerBets, observeUnmanaged } from './controller-drill.ts';
import { mirrorOf, takeAway } from './missing.ts';
import { observePatient, patient, schedulerBets } from './scheduler-drill.ts';

const isAtWork = (part: string) => podIsReady(mirrorOf(part), 'kube-system');
const isNotAtWork = (part: string) => podIsGone(mirrorOf(part), 'kube-system');
const everybodyAtWork = [
  isAtWork('kube-apiserver'),
  isAtWork('kube-scheduler'),
  isAtWork('kube-controller-manager'),
] as const;
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const rolledOut = deploymentIsRolledOut('guestbook', { replicas: 4 });

export default defineLesson({
  minutes: 20,
  summary: 'Lose the API server, the scheduler and the controller-manager, one by one. Who notices?',
  needs: 'lab',
  baseline: [nodesReady, etcdHasLeader(), apiServerAnswers(), ...everybodyAtWork, rolledOut, appAnswers()],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    // The lesson ends the API server, and may be done twice in a row.
    await Promise.all([applyGuestbook(lab, options), restartKubelets(lab)]);
  },
  async cleanUp(lab, options) {
    await forget(lab, `/api/v1/namespaces/default/pods/${patient}?gracePeriodSeconds=1`);
    await removeGuestbook(lab, options);
  },
  steps: {
    'Three pods from three files': read,
    'The API server is killed': drill({
      before: [apiServerAnswers(), ...everybodyAtWork, appAnswers()],
      predictions: apiServerBets,
      fault: () => killProcess('c1', { program: 'kube-apiserver' }),
      bites: [apiServerIsDown(), appAnswers()],
      observe: observeOutage,
      recovered: [apiServerAnswers(), nodesReady],
      unharmed: [...everybodyAtWork, rolledOut, appAnswers()],
    }),
    'Somebody is not at work': drill({
      before: [...everybodyAtWork, podIsGone(patient), appAnswers()],
      predictions: schedulerBets,
      fault: () => takeAway('kube-scheduler'),
      bites: [isNotAtWork('kube-scheduler'), apiServerAnswers(), appAnswers()],
      observe: observePatient,
      recovered: [isAtWork('kube-scheduler'), podIsReady(patient)],
      unharmed: [...everybodyAtWork, nodesReady, rolledOut, appAnswers()],
    }),
    'Somebody else is not at work': drill({
      before: [...everybodyAtWork, rolledOut, appAnswers()],
      predictions: controllerBets,
      fault: () => takeAway('kube-controller-manager'),
      bites: [isNotAtWork('kube-controller-manager'), apiServerAnswers(), rolledOut],
      observe: observeUnmanaged,
      recovered: [
        isAtWork('kube-controller-manager'),
        podsAreReady('app=guestbook', 4),
        serviceHasEndpoints('guestbook', 4),
        appAnswers(),
      ],
      unharmed: [...everybodyAtWork, nodesReady, rolledOut],
    }),
    'A second controller': read,
  },
});
