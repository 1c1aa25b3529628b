import { askApp, appPaths } from '../../scripts/checks/app.ts';
import { nodesAreReady } from '../../scripts/checks/nodes.ts';
import { podReaches } from '../../scripts/checks/network.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { sample, within } from '../sampling.ts';
import { addressOfPod } from './stations.ts';

const requests = 20;

/** What was seen at one moment of the drill. */
interface Paths {
  there: boolean;
  back: boolean;
  nodesReady: boolean;
  /** Of `requests` to the NodePort of w1, each over its own connection. */
  failed: number;
}

export const observePaths = (lab: Lab, signal: AbortSignal): Promise<unknown> => {
  const ready = nodesAreReady('w1', 'w2');
  const pings = [
    podReaches('toolbox-w1', { says: 'toolbox-w2', find: addressOfPod('toolbox-w2') }),
    podReaches('toolbox-w2', { says: 'toolbox-w1', find: addressOfPod('toolbox-w1') }),
  ];
  return sample(signal, 1, async (): Promise<Paths> => {
    const [verdicts, answers] = await Promise.all([
      Promise.all([...pings, ready].map((check) => check.look(lab, signal))),
      Promise.all(Array.from({ length: requests }, () => askApp(lab, appPaths.page, 1))),
    ]);
    const unclear = verdicts.find((verdict) => verdict.kind === 'unknown');
    if (unclear) throw new Error(unclear.why);
    const [there = false, back = false, nodesReady = false] = verdicts.map(({ kind }) => kind === 'met');
    return { there, back, nodesReady, failed: answers.filter(({ status }) => status !== 200).length };
  });
};

const otherWay: Prediction = {
  kind: 'choice',
  id: 'other-way',
  question: "Pods of one worker no longer find the other worker's pods. Do pings still work the other way round?",
  choices: [
    { value: 'yes', says: 'yes: only one direction is broken' },
    { value: 'no', says: 'no: neither direction works' },
  ],
  measure(_lab, { startedAt, metAt, observed }) {
    const seen = within<Paths>(observed, startedAt, metAt).filter(({ there, back }) => !there || !back);
    const first = seen[0];
    if (!first) throw new Error('no ping was seen while the fault was in force');
    const oneWay = first.there || first.back;
    const saw = oneWay ? 'pings worked in one direction' : 'no ping worked, in either direction';
    return Promise.resolve({ value: oneWay ? 'yes' : 'no', saw });
  },
};

const whoNotices: Prediction = {
  kind: 'choice',
  id: 'who-notices',
  question: "And what does 'kubectl get nodes' say meanwhile?",
  choices: [
    { value: 'one', says: 'one worker or both are NotReady' },
    { value: 'none', says: 'all nodes are Ready' },
  ],
  measure(_lab, { startedAt, metAt, observed }) {
    const seen = within<Paths>(observed, startedAt, metAt);
    const bad = seen.filter(({ nodesReady }) => !nodesReady).length;
    const saw = `a worker was NotReady in ${bad} of ${seen.length} looks`;
    return Promise.resolve({ value: bad > 0 ? 'one' : 'none', saw });
  },
};

const throughNodePort: Prediction = {
  kind: 'choice',
  id: 'node-port',
  question: `How many of ${requests} requests to the guestbook, through the NodePort of w1, fail meanwhile?`,
  choices: [
    { value: 'none', says: 'none: the guestbook has pods on both workers' },
    { value: 'some', says: 'some' },
    { value: 'all', says: 'all' },
  ],
  measure(_lab, { startedAt, metAt, observed }) {
    const seen = within<Paths>(observed, startedAt, metAt);
    const failed = seen.reduce((sum, one) => sum + one.failed, 0);
    const sent = seen.length * requests;
    const value = failed === 0 ? 'none' : failed === sent ? 'all' : 'some';
    return Promise.resolve({ value, saw: `${failed} of ${sent} requests got no good answer within 1 s` });
  },
};

export const pathBets = [otherWay, whoNotices, throughNodePort] as const;
