import { appAnswersThrough, appHasMessage } from '../../scripts/checks/app.ts';
import { nodeIsNotReady, nodesAreOnly, nodesAreReady } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import { podsLeaveWithin } from '../../scripts/checks/tolerations.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podsAreReady,
  podsRunOn,
  podsRunOnlyOn,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, read, task } from '../../scripts/course/model.ts';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import { stopService } from '../../scripts/faults/stop-service.ts';
import { inSeconds, patienceOfPods } from '../10-a-node-partitioned-from-the-api/patience.ts';
import { applyGuestbook, guestbookAsMade, messages, removeGuestbook } from '../guestbook.ts';
import { forget, forgetConfigMaps } from '../objects.ts';
import { firstBets, secondBets } from './bets.ts';
import { costBets } from './cost.ts';
import { applyNotepad, pageSays } from './notepad.ts';
import { dns, primary, replica, spreadTheRest } from './places.ts';
import { observeOutage, observeSilence, replicas } from './watching.ts';

const pods = 'app=guestbook';
const page = 'only here';
const message = messages['An unplanned outage'];
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const rolledOut = deploymentIsRolledOut('guestbook', { replicas });
const onBoth = podsRunOn(pods, 'w1', 'w2');
const throughBoth = [appAnswersThrough('w1'), appAnswersThrough('w2')] as const;
const storeRuns = [statefulSetIsReady('redis-primary'), deploymentIsRolledOut('redis-replica')] as const;
const notepadRuns = deploymentIsRolledOut('notepad');
const wellSpread = [nodesReady, rolledOut, onBoth, noPodIsTerminating(pods), ...storeRuns, ...throughBoth] as const;
/** Counted by the pods themselves: a Deployment's own count is a moment older. */
const allOn = (node: string) => [podsRunOnlyOn(pods, node), podsAreReady(pods, replicas), rolledOut] as const;
const w1IsGivenUp = [nodeIsNotReady('w1'), ...allOn('w2'), appAnswersThrough('w2')] as const;
const w1IsBack = [
  nodesReady,
  rolledOut,
  noPodIsTerminating(pods),
  noPodIsTerminating(primary),
  noPodIsTerminating('app=notepad'),
  ...storeRuns,
  notepadRuns,
  ...throughBoth,
] as const;

export default defineLesson({
  minutes: 25,
  summary: 'A machine loses its power. Who notices when, what is lost, and what would a quicker answer cost?',
  needs: 'lab',
  baseline: [
    nodesAreOnly('c1', 'w1', 'w2'),
    ...wellSpread,
    podsRunOn(replica, 'w2'),
    podsRunOn(dns, 'w2'),
    podsRunOn('app=notepad', 'w1'),
  ],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    await applyGuestbook(lab, options);
    await applyNotepad(lab);
    await spreadTheRest(lab);
  },
  async cleanUp(lab, options) {
    await forgetConfigMaps(lab, 'answer-outage');
    await forget(lab, '/apis/apps/v1/namespaces/default/deployments/notepad?propagationPolicy=Background');
    await removeGuestbook(lab, options);
  },
  steps: {
    'What stands on w1': task({ reach: [appHasMessage(message), pageSays(page)] }),
    'No power on w1': drill({
      before: [...wellSpread, notepadRuns, pageSays(page), appHasMessage(message)],
      predictions: firstBets(page, message),
      fault: (lab) => cutPower(lab, 'w1'),
      bites: w1IsGivenUp,
      observe: observeOutage,
      recovered: w1IsBack,
      unharmed: [appHasMessage(message)],
    }),
    'Each second of it': task({
      reach: [
        answerIs(
          { configMap: 'answer-outage', key: 'stay', asks: 'how many seconds pods stay on a node that is NotReady' },
          inSeconds(patienceOfPods),
        ),
        answerIs(
          { configMap: 'answer-outage', key: 'default', asks: 'how many seconds both waits take by default' },
          () => ['350', '350s', '350 s'],
        ),
      ],
    }),
    'What was lost': task({ reach: [...wellSpread, pageSays(page)] }),
    'Less patience': task({ reach: [podsLeaveWithin(pods, 2), ...wellSpread] }),
    'No power, once more': drill({
      before: [podsLeaveWithin(pods, 2), ...wellSpread],
      predictions: secondBets,
      fault: (lab) => cutPower(lab, 'w1'),
      bites: w1IsGivenUp,
      observe: observeOutage,
      recovered: w1IsBack,
      unharmed: [appHasMessage(message)],
    }),
    'What it costs': drill({
      before: [podsLeaveWithin(pods, 2), nodesReady, rolledOut, podsRunOn(pods, 'w2'), noPodIsTerminating(pods)],
      predictions: costBets,
      fault: () => stopService('w2', 'kubelet.service'),
      bites: [nodeIsNotReady('w2'), ...allOn('w1'), appAnswersThrough('w1')],
      observe: observeSilence,
      recovered: [nodesReady, rolledOut, noPodIsTerminating(pods), ...storeRuns, ...throughBoth],
    }),
    'The bill': read,
  },
});
