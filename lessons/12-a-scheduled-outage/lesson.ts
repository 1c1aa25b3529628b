import { appAnswersThrough } from '../../scripts/checks/app.ts';
import {
  budgetIsGone,
  budgetIsThere,
  podsAreTakenForReady,
  podsMayRunElsewhere,
  podsSayWhenReady,
  podsStopAtOnce,
  podsWaitBeforeTheyStop,
  rollOutMayMiss,
} from '../../scripts/checks/disruptions.ts';
import { nodesAreReady, nodeTakesPods } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import {
  deploymentIsRolledOut,
  noPodIsTerminating,
  podsRunOn,
  podsRunOnlyOn,
  statefulSetIsReady,
} from '../../scripts/checks/workloads.ts';
import { defineLesson, read, task } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { applyGuestbook, guestbookAsMade, removeGuestbook } from '../guestbook.ts';
import { allAtOnceBets, carelessBets, inTurnBets, noPreStopBets, plannedBets, unreadyBets } from './bets.ts';
import { bringUpdateProgram, forgetUpdates, updateIsInForce, updateWaits } from './update.ts';
import { observeOutage } from './watching.ts';
import { forgetConfigMaps, uncordonAll } from '../objects.ts';
import { warmUp } from '../under-load.ts';

const pods = 'app=guestbook';
const replica = 'app=redis,role=replica';
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const bothTakePods = [nodeTakesPods('w1'), nodeTakesPods('w2')] as const;
const rolledOut = deploymentIsRolledOut('guestbook', { replicas: 4 });
const redis = [statefulSetIsReady('redis-primary'), deploymentIsRolledOut('redis-replica')] as const;
const throughBoth = [appAnswersThrough('w1'), appAnswersThrough('w2')] as const;
const mayLeave = podsMayRunElsewhere('guestbook');
/** After a roll-out. */
const renewed = [rolledOut, noPodIsTerminating(pods), ...throughBoth] as const;
const allWell = [nodesReady, ...bothTakePods, rolledOut, ...redis, noPodIsTerminating(pods), ...throughBoth] as const;

async function budgetAllows(lab: Lab): Promise<string | undefined> {
  const path = '/apis/policy/v1/namespaces/default/poddisruptionbudgets/guestbook';
  const { status } = await lab.kubernetes.get<{ status?: { disruptionsAllowed?: number } }>(path);
  return status?.disruptionsAllowed?.toString();
}

/** Machines that were switched off and not on again, and the lock of a reboot: where the lesson was left half-way. */
const comeBack = `
off=$(docker ps --all --quiet --filter "label=firedrill.lab=$FIREDRILL_LAB" --filter status=exited)
[ -z "$off" ] || docker start $off
etcdctl del reboot/ --prefix >/dev/null
rm -f "$LAB/reboot-worker"`;

export default defineLesson({
  minutes: 30,
  summary:
    'Reboot machines while people use the app: by the book, carelessly, and one after the other by a lock in etcd.',
  needs: 'lab',
  baseline: [...allWell, podsRunOn(pods, 'w1', 'w2'), budgetIsThere('guestbook'), podsWaitBeforeTheyStop('guestbook')],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    await applyGuestbook(lab, options);
    await bringUpdateProgram(lab, 'w1', 'w2');
  },
  async cleanUp(lab, options) {
    await lab.onHost(comeBack, { timeoutSeconds: 60 });
    await uncordonAll(lab);
    await forgetConfigMaps(lab, 'answer-outage');
    await forgetUpdates(lab, 'w1', 'w2');
    await removeGuestbook(lab, options);
  },
  steps: {
    'An update waits': task({
      reach: [
        updateWaits('w2'),
        answerIs({ configMap: 'answer-outage', key: 'run', asks: 'where /run is kept on w2' }, () => 'tmpfs'),
        answerIs(
          { configMap: 'answer-outage', key: 'allowed', asks: 'how many pods of the guestbook may be evicted now' },
          budgetAllows,
        ),
      ],
    }),
    'Everything on one node': task({
      reach: [podsRunOnlyOn(pods, 'w2'), mayLeave, rolledOut, noPodIsTerminating(pods), ...bothTakePods],
    }),
    'By the book': task({
      predictions: plannedBets,
      observeFirst: { says: 'Sending the first visitors', look: warmUp },
      observe: observeOutage,
      reach: [updateIsInForce('w2'), ...allWell],
    }),
    'Without a readiness probe': task({
      predictions: unreadyBets,
      observe: observeOutage,
      reach: [
        podsAreTakenForReady('guestbook'),
        rollOutMayMiss('guestbook', 0),
        podsWaitBeforeTheyStop('guestbook'),
        ...renewed,
      ],
    }),
    'All at once': task({
      predictions: allAtOnceBets,
      observe: observeOutage,
      reach: [
        podsSayWhenReady('guestbook'),
        rollOutMayMiss('guestbook', '100%'),
        podsWaitBeforeTheyStop('guestbook'),
        ...renewed,
      ],
    }),
    'Take the belts off': task({
      reach: [
        budgetIsGone('guestbook'),
        podsStopAtOnce('guestbook'),
        podsSayWhenReady('guestbook'),
        rollOutMayMiss('guestbook', 0),
        podsRunOnlyOn(pods, 'w2'),
        mayLeave,
        rolledOut,
        noPodIsTerminating(pods),
        ...bothTakePods,
        updateWaits('w2'),
      ],
    }),
    'A new version, without preStop': task({
      predictions: noPreStopBets,
      observe: observeOutage,
      reach: [
        deploymentIsRolledOut('guestbook', { replicas: 4, image: 'firedrill/guestbook:2' }),
        podsStopAtOnce('guestbook'),
        podsRunOnlyOn(pods, 'w2'),
        noPodIsTerminating(pods),
        ...bothTakePods,
        appAnswersThrough('w2'),
      ],
    }),
    'The same again': task({
      predictions: carelessBets,
      observe: observeOutage,
      reach: [updateIsInForce('w2'), ...allWell],
    }),
    'The belts on again': task({
      reach: [
        budgetIsThere('guestbook'),
        podsWaitBeforeTheyStop('guestbook'),
        deploymentIsRolledOut('guestbook', { replicas: 4, image: 'firedrill/guestbook:1' }),
        ...allWell,
        podsRunOn(pods, 'w1', 'w2'),
        podsRunOnlyOn(replica, 'w2'),
        updateWaits('w1'),
        updateWaits('w2'),
      ],
    }),
    'One at a time, by itself': task({
      predictions: inTurnBets,
      observe: observeOutage,
      reach: [
        updateIsInForce('w1'),
        updateIsInForce('w2'),
        ...allWell,
        podsRunOn(pods, 'w1', 'w2'),
        podsRunOnlyOn(replica, 'w2'),
      ],
    }),
    'Linux at scale': read,
  },
});
