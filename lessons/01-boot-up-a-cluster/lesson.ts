import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apiServerAnswers } from '../../scripts/checks/control-plane.ts';
import { etcdHasLeader, etcdLeader, etcdMembersAnswer } from '../../scripts/checks/etcd.ts';
import { nodeHasLabel, nodesAreReady } from '../../scripts/checks/nodes.ts';
import { answerIs } from '../../scripts/checks/objects.ts';
import { defineLesson, read, task, type Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { forgetConfigMaps, forgetLabel } from '../objects.ts';

const workerRole = 'node-role.kubernetes.io/worker';

/** What the API server says to a stranger, asked as a stranger on c1. */
const stranger: Prediction = {
  kind: 'choice',
  id: 'no-certificate',
  question: 'Somebody without a certificate asks the API server for the list of nodes. What comes back?',
  choices: [
    { value: 'nothing', says: 'nothing: the connection is refused' },
    { value: '401', says: '401, "who are you?"' },
    { value: '403', says: '403, "you may not"' },
    { value: '200', says: 'the list: names of machines are no secret' },
  ],
  async measure(lab) {
    const result = await lab.on(
      'c1',
      `curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' \\
        --cacert /etc/kubernetes/pki/ca.crt https://127.0.0.1:6443/api/v1/nodes`,
    );
    const status = result.stdout.trim();
    return status === '000'
      ? { value: 'nothing', saw: 'there was no answer' }
      : { value: status, saw: `the API server answered ${status}` };
  },
};

const keysInEtcd: Prediction = {
  kind: 'choice',
  id: 'keys',
  question: 'Three nodes, and no app yet. How many keys does etcd hold for this cluster?',
  choices: [
    { value: 'tens', says: 'fewer than 100' },
    { value: 'hundreds', says: '100 to 999' },
    { value: 'thousands', says: '1,000 or more' },
  ],
  async measure(lab) {
    const result = await lab.etcd.ctl(['get', '/registry/', '--prefix', '--count-only', '--write-out=fields']);
    const count = Number(/"Count" : (\d+)/.exec(result.stdout)?.[1]);
    if (Number.isNaN(count)) throw new Error('etcd did not tell how many keys it has');
    const value = count < 100 ? 'tens' : count < 1000 ? 'hundreds' : 'thousands';
    return { value, saw: `etcd holds ${count} keys under /registry/` };
  },
};

/** The group in the administrator's certificate of this lab. */
async function administratorsGroup(lab: Lab): Promise<string | undefined> {
  const certificate = new X509Certificate(await readFile(join(lab.folder, 'pki', 'admin.crt')));
  return /^O=(.*)$/m.exec(certificate.subject)?.[1];
}

export default defineLesson({
  minutes: 15,
  summary: 'What boots on each machine, who trusts whom, and where the cluster keeps its memory.',
  needs: 'lab',
  baseline: [nodesAreReady('c1', 'w1', 'w2'), etcdMembersAnswer(3), etcdHasLeader(), apiServerAnswers()],
  async cleanUp(lab) {
    await forgetConfigMaps(lab, 'answer-boot', 'answer-papers', 'answer-leader');
    await forgetLabel(lab, workerRole);
  },
  steps: {
    'Six machines, three jobs': read,
    'What a machine was told': task({
      reach: [
        answerIs({ configMap: 'answer-boot', key: 'unit', asks: 'which unit on w1 makes Services work' }, () => [
          'kube-proxy',
          'kube-proxy.service',
        ]),
        answerIs({ configMap: 'answer-boot', key: 'manifest', asks: 'which file the scheduler comes from' }, () => [
          'kube-scheduler.yaml',
          '/etc/kubernetes/manifests/kube-scheduler.yaml',
        ]),
      ],
    }),
    'Workers without a role': task({
      reach: [nodeHasLabel('w1', workerRole, ''), nodeHasLabel('w2', workerRole, '')],
    }),
    'Papers, please': task({
      predictions: [stranger],
      reach: [
        answerIs(
          { configMap: 'answer-papers', key: 'group', asks: 'the group of your certificate' },
          administratorsGroup,
        ),
        answerIs(
          { configMap: 'answer-papers', key: 'worker', asks: "the user name of w1's kubelet" },
          () => 'system:node:w1',
        ),
      ],
    }),
    "The cluster's memory": task({
      predictions: [keysInEtcd],
      reach: [answerIs({ configMap: 'answer-leader', key: 'leader', asks: 'which member leads' }, etcdLeader)],
    }),
    'What one machine could do': read,
  },
});
