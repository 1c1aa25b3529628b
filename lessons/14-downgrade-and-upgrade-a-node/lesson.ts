import { appAnswersThrough } from '../../scripts/checks/app.ts';
import { fileIsThere } from '../../scripts/checks/machines.ts';
import { nodeIsNotReady, nodesAreReady, nodeTakesPods } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import { nodeIsHalfMoved, nodeRunsMinor } from '../../scripts/checks/versions.ts';
import { deploymentIsRolledOut, noPodIsTerminating, podsRunOn } from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, read, task } from '../../scripts/course/model.ts';
import { applyGuestbook, guestbookAsMade, removeGuestbook } from '../guestbook.ts';
import { byHandBets, drainedBets, halfWayBets, rolledBackBets } from './bets.ts';
import { olderKubeletIsWhole, standInFolder, stopHalfWay, tidyScript } from './half-way.ts';
import { minorBehindApiServer, versionOfOlderKubelet } from './versions.ts';
import { observeMove } from './watching.ts';
import { forgetConfigMaps, uncordonAll } from '../objects.ts';

const pods = 'app=guestbook';
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const rolledOut = deploymentIsRolledOut('guestbook', { replicas: 4 });
const onBoth = podsRunOn(pods, 'w1', 'w2');
const newer = nodeRunsMinor('w2', 'newer');
const whole = olderKubeletIsWhole('w2');
const answers = ['answer-versions', 'answer-skew'];

export default defineLesson({
  minutes: 20,
  summary: 'One node a version down and up again, by hand and by command. What is allowed, and what if it goes wrong?',
  needs: 'lab',
  baseline: [nodesReady, newer, nodeTakesPods('w2'), whole, rolledOut, onBoth, appAnswersThrough('w2')],
  keeps: guestbookAsMade,
  prepare: applyGuestbook,
  async cleanUp(lab, options) {
    await lab.on('w2', tidyScript);
    await uncordonAll(lab);
    await forgetConfigMaps(lab, ...answers);
    await removeGuestbook(lab, options);
  },
  steps: {
    'Two versions on every node': task({
      reach: [
        answerIs(
          { configMap: 'answer-versions', key: 'older', asks: 'which version the other kubelet on w2 has' },
          versionOfOlderKubelet,
        ),
        answerIs({ configMap: 'answer-versions', key: 'file', asks: 'which file would choose it' }, () => [
          '/etc/kubernetes/version.env',
          'version.env',
        ]),
      ],
    }),
    'Down by hand': task({
      predictions: byHandBets,
      observe: observeMove,
      reach: [nodeRunsMinor('w2', 'older'), nodesReady, rolledOut, appAnswersThrough('w2')],
    }),
    'Up by the command': task({
      predictions: drainedBets,
      observe: observeMove,
      reach: [newer, nodesReady, nodeTakesPods('w2'), rolledOut, noPodIsTerminating(pods), appAnswersThrough('w2')],
    }),
    'Bring the pods back': task({ reach: [onBoth, rolledOut, noPodIsTerminating(pods)] }),
    'What the policy refuses': task({
      reach: [
        answerIs(
          { configMap: 'answer-skew', key: 'oldest', asks: 'the oldest minor that a kubelet may have here' },
          minorBehindApiServer(3),
        ),
        answerIs(
          { configMap: 'answer-skew', key: 'newest', asks: 'the newest minor that it may have' },
          minorBehindApiServer(0),
        ),
        whole,
        newer,
      ],
    }),
    'A version that does not start': task({
      predictions: rolledBackBets,
      observe: observeMove,
      reach: [fileIsThere('w2', `${standInFolder}/starts`), whole, newer, nodesReady],
    }),
    'Half-way, and nobody there': drill({
      before: [nodesReady, newer, whole, rolledOut, onBoth, appAnswersThrough('w2')],
      predictions: halfWayBets,
      fault: () => stopHalfWay('w2'),
      bites: [nodeIsHalfMoved('w2', 'older'), nodeIsNotReady('w2'), appAnswersThrough('w1')],
      observe: observeMove,
      recovered: [newer, nodesReady, rolledOut, noPodIsTerminating(pods), appAnswersThrough('w2')],
    }),
    'All the others': read,
  },
});
