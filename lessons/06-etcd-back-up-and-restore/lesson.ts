import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { appAnswers, appDoesNotAnswer, appHasMessage } from '../../scripts/checks/app.ts';
import { apiServerAnswers } from '../../scripts/checks/control-plane.ts';
import { etcdHasLeader, etcdLostQuorum, etcdMemberCountIs, etcdMembersAnswer } from '../../scripts/checks/etcd.ts';
import { etcdMembersAreStarted } from '../../scripts/checks/etcd-members.ts';
import {
  etcdClusterId,
  etcdClusterIsNew,
  etcdDataIsGone,
  etcdKeyIsGone,
  revisionsWereRaised,
  snapshotHolds,
  snapshotIsGood,
} from '../../scripts/checks/etcd-data.ts';
import { nodeHasLabel, nodesAreReady, noNodeHasLabel } from '../../scripts/checks/nodes.ts';
import { answerIs, configMapIsGone, configMapIsThere } from '../../scripts/checks/objects.ts';
import { deploymentIsRolledOut, statefulSetIsReady } from '../../scripts/checks/workloads.ts';
import { defineLesson, task } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { applyGuestbook, forgetMessages, guestbookAsMade, messages } from '../guestbook.ts';
import { forgetConfigMaps, forgetLabel } from '../objects.ts';
import { removeFromMachines, scratchMemberHoldsNodes, snapshotsAreKept } from './backup-checks.ts';
import * as bets from './bets.ts';

const message = messages['Back up and restore'];
const label = 'lab.firedrill/changed';
const nodes = ['c1', 'w1', 'w2'] as const;
const cluster = [etcdMembersAnswer(3), etcdHasLeader(), etcdMemberCountIs(3), apiServerAnswers()] as const;

/** Remembers which etcd cluster this was: a restore must not go by the same name. */
async function rememberCluster(lab: Lab, configMap: string): Promise<void> {
  await lab.kubernetes.apply(`apiVersion: v1
kind: ConfigMap
metadata: { name: ${configMap}, namespace: default }
data: { cluster: '${(await etcdClusterId(lab)) ?? ''}' }
`);
}

const guestbookKey = '/registry/deployments/default/guestbook';

const noBackup =
  "While etcd has its keys, take it again. Afterwards nothing brings them back: 'firedrill reset' begins the lesson anew.";
const backup = (file: string) => snapshotIsGood(file, noBackup);

const restored = etcdMembersAreStarted(
  'Restore all members from the same file, with the same token, then start all. One alone waits for a majority for ever.',
);

/** Whether the guestbook has the message that was written after the backup. */
async function fateOfTheMessage(lab: Lab): Promise<string | undefined> {
  const verdict = await appHasMessage(message).look(lab);
  return verdict.kind === 'unknown' ? undefined : verdict.kind === 'met' ? 'kept' : 'lost';
}

export default defineLesson({
  minutes: 30,
  summary: 'A backup of etcd, proven. Then two disasters, one that nobody notices and one that everybody does.',
  needs: 'lab',
  baseline: [
    ...cluster,
    nodesAreReady(...nodes),
    deploymentIsRolledOut('guestbook', { replicas: 4 }),
    statefulSetIsReady('redis-primary'),
    appAnswers(),
    configMapIsThere('before-backup'),
    configMapIsGone('after-backup'),
    noNodeHasLabel(label),
  ],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    await applyGuestbook(lab, options);
    await rememberCluster(lab, 'before-backup');
  },
  async cleanUp(lab, options) {
    await Promise.all([
      rm(join(lab.folder, 'backup'), { recursive: true, force: true }),
      removeFromMachines(lab),
      forgetMessages(lab, [message], options),
      forgetConfigMaps(lab, 'before-backup', 'before-second-backup', 'after-backup', 'answer-lost'),
      forgetLabel(lab, label),
    ]);
  },
  steps: {
    'Take a snapshot': task({ reach: [snapshotIsGood('backup/first.db')] }),
    'Prove that it is good': task({ reach: [scratchMemberHoldsNodes()] }),
    'Life goes on': task({
      reach: [configMapIsThere('after-backup'), nodeHasLabel('w1', label, 'yes'), appHasMessage(message)],
    }),
    'Every disk is lost': task({
      records: true,
      predictions: [bets.appWithoutEtcd, bets.dnsWithoutEtcd, bets.apiWithoutEtcd],
      reach: [backup('backup/first.db'), etcdDataIsGone(), etcdLostQuorum()],
    }),
    'Restore all three': task({
      records: true,
      predictions: [bets.apiAfterRestore, bets.visitorsDuringRestore, bets.messageIsThere(message)],
      observe: bets.observeDisaster,
      reach: [
        backup('backup/first.db'),
        restored,
        ...cluster,
        revisionsWereRaised('backup/first.db'),
        etcdClusterIsNew('before-backup'),
        configMapIsGone('after-backup'),
        noNodeHasLabel(label),
        nodesAreReady(...nodes),
        appAnswers(),
      ],
    }),
    'What was lost, by name': task({
      reach: [
        answerIs({ configMap: 'answer-lost', key: 'object', asks: 'which object is gone' }, () => [
          'after-backup',
          'configmap/after-backup',
        ]),
        answerIs({ configMap: 'answer-lost', key: 'label', asks: 'which label is gone' }, () => label),
        answerIs({ configMap: 'answer-lost', key: 'message', asks: 'what became of the message' }, fateOfTheMessage),
      ],
    }),
    'A client deletes everything': task({
      records: true,
      predictions: [bets.appDownAfter, bets.apiWithoutKeys],
      // Before the second backup is taken, so that it is in there.
      observeFirst: {
        says: 'Remembering which etcd cluster this is',
        look: (lab) => rememberCluster(lab, 'before-second-backup'),
      },
      observe: bets.observeDisaster,
      reach: [
        backup('backup/second.db'),
        snapshotHolds('backup/second.db', guestbookKey, noBackup),
        etcdKeyIsGone(guestbookKey),
        appDoesNotAnswer(),
      ],
    }),
    'And back once more': task({
      records: true,
      predictions: [bets.appBackAfter],
      observe: bets.observeDisaster,
      reach: [
        backup('backup/second.db'),
        restored,
        ...cluster,
        revisionsWereRaised('backup/second.db'),
        etcdClusterIsNew('before-backup', 'before-second-backup'),
        nodesAreReady(...nodes),
        deploymentIsRolledOut('guestbook', { replicas: 4 }),
        statefulSetIsReady('redis-primary'),
        appAnswers(),
        appHasMessage(message),
      ],
    }),
    'A backup every night': task({ reach: [snapshotsAreKept()] }),
  },
});
