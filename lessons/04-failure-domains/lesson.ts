import { appAnswers } from '../../scripts/checks/app.ts';
import { podsMayRunElsewhere } from '../../scripts/checks/disruptions.ts';
import { etcdHasQuorum, etcdMembersAnswer } from '../../scripts/checks/etcd.ts';
import { nodeHasLabel, nodeIsNotReady, nodesAreReady, nodeTakesPods } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import { deploymentIsRolledOut, podsRunOn, podsRunOnlyOn, statefulSetIsReady } from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, read, task } from '../../scripts/course/model.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { applyGuestbook, guestbookAsMade, removeGuestbook } from '../guestbook.ts';
import { firstBets, observeDarkness, rememberLeader, secondBets } from './bets.ts';
import { feud } from './feud.ts';
import { etcdSurvivesAnyRack, loseRackB } from './racks.ts';
import { forgetConfigMaps, forgetLabel } from '../objects.ts';

const rolledOut = deploymentIsRolledOut('guestbook', { replicas: 4 });
const nodesReady = nodesAreReady('c1', 'w1', 'w2');
const powerIsBack = [nodesReady, etcdMembersAnswer(3), rolledOut, appAnswers()] as const;
const rackIsDark = [nodeIsNotReady('w2'), etcdHasQuorum(), podsRunOn('app=guestbook', 'w1'), appAnswers()] as const;
const oneThing = [
  ...['laptop', 'notebook', 'macbook', 'computer', 'host', 'desktop', 'workstation', 'pc', 'machine', 'server', 'vm'],
  ...['hardware', 'kernel', 'docker', 'memory', 'power', 'electricity'],
];
/** As people write them. */
const spellings = (word: string): string[] => [
  word,
  word.toUpperCase(),
  `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`,
];

const darken = async (lab: Lab): Promise<Fault> => {
  await rememberLeader(lab);
  return loseRackB(lab);
};

export default defineLesson({
  minutes: 25,
  summary: 'What fails together? Bet on it, take failures apart, and lose the same rack twice.',
  needs: 'lab',
  baseline: [
    nodesReady,
    etcdMembersAnswer(3),
    rolledOut,
    deploymentIsRolledOut('redis-replica'),
    statefulSetIsReady('redis-primary'),
    podsRunOn('app=guestbook', 'w1', 'w2'),
    appAnswers(),
  ],
  keeps: guestbookAsMade,
  prepare: applyGuestbook,
  async cleanUp(lab, options) {
    await forgetConfigMaps(lab, 'answer-feud', 'racks');
    await forgetLabel(lab, 'rack');
    await removeGuestbook(lab, options);
  },
  steps: {
    'Failure Feud': task({
      predictions: feud,
      reach: [
        answerIs({ configMap: 'answer-feud', key: 'domain', asks: 'what all machines of the lab share' }, () =>
          oneThing.flatMap(spellings),
        ),
      ],
    }),
    'Five questions': read,
    'Put it into racks': task({
      reach: [
        nodeHasLabel('c1', 'rack', 'a'),
        nodeHasLabel('w1', 'rack', 'a'),
        nodeHasLabel('w2', 'rack', 'b'),
        etcdSurvivesAnyRack(),
      ],
    }),
    'All eggs in one basket': task({
      reach: [
        rolledOut,
        podsRunOnlyOn('app=guestbook', 'w2'),
        podsMayRunElsewhere('guestbook'),
        nodeTakesPods('w1'),
        appAnswers(),
      ],
    }),
    'Rack b goes dark': drill({
      before: [nodesReady, etcdMembersAnswer(3), podsRunOnlyOn('app=guestbook', 'w2'), appAnswers()],
      predictions: firstBets,
      fault: darken,
      bites: rackIsDark,
      observe: observeDarkness,
      recovered: powerIsBack,
      unharmed: [statefulSetIsReady('redis-primary')],
    }),
    'Spread it': task({ reach: [rolledOut, podsRunOn('app=guestbook', 'w1', 'w2'), appAnswers()] }),
    'Dark again': drill({
      before: [nodesReady, etcdMembersAnswer(3), podsRunOn('app=guestbook', 'w1', 'w2'), appAnswers()],
      predictions: secondBets,
      fault: darken,
      bites: rackIsDark,
      observe: observeDarkness,
      recovered: powerIsBack,
      unharmed: [statefulSetIsReady('redis-primary')],
    }),
    'Compare the two': read,
  },
});
