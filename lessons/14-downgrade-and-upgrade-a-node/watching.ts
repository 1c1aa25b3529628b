import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { runningContainers, stillRunning, type RunningContainer } from '../containers.ts';
import { bittenAt } from '../moments.ts';
import { isReadyNode, w2AndPods } from '../node-and-pods.ts';
import { sample, within, type Sample } from '../sampling.ts';
import { putUnderLoad, type UnderLoad } from '../under-load.ts';

/** What the API server says of w2 at one moment. */
interface Said {
  ready: boolean;
  cordoned: boolean;
  /** Ready pods of the guestbook on it. */
  pods: number;
}

/** What w2 itself says. */
interface OnW2 {
  containers: readonly RunningContainer[];
  /** How often systemd has started the kubelet again since somebody did so last. */
  restarts: number;
}

export interface Move {
  load: UnderLoad;
  said: readonly Sample<Said>[];
  onW2: readonly Sample<OnW2>[];
}

/** The app under load, the API server's word on w2, and the machine's own word, side by side. */
export const observeMove = async (lab: Lab, signal: AbortSignal): Promise<Move> => {
  const [load, said, onW2] = await Promise.all([
    putUnderLoad(lab, signal),
    sample(signal, 0.3, () => askApiServer(lab)),
    sample(signal, 1, () => askMachine(lab)),
  ]);
  return { load, said, onW2 };
};

async function askApiServer(lab: Lab): Promise<Said> {
  const { w2, ready } = await w2AndPods(lab);
  return {
    ready: isReadyNode(w2),
    cordoned: w2.spec?.unschedulable ?? false,
    pods: ready.filter(({ spec }) => spec?.nodeName === 'w2').length,
  };
}

async function askMachine(lab: Lab): Promise<OnW2> {
  const [containers, restarts] = await Promise.all([
    runningContainers(lab, 'w2'),
    lab.on('w2', 'systemctl show --property NRestarts --value kubelet'),
  ]);
  return { containers, restarts: Number(restarts.stdout.trim()) };
}

/** @throws where nothing was observed. */
export function moveIn({ observed }: DrillFacts): Move {
  const seen = observed as Move | undefined;
  if (!seen) throw new Error('nobody looked');
  return seen;
}

export const whatContainersDo = (id: string, question: string): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'live', says: 'they run on' },
    { value: 'again', says: 'they are started anew' },
    { value: 'gone', says: 'they stop' },
  ],
  expected: ['live'],
  measure(_lab, facts) {
    const looks = within<OnW2>(moveIn(facts).onW2, facts.startedAt, bittenAt(facts));
    const before = moveIn(facts).onW2[0]?.saw.containers ?? [];
    const now = looks.at(-1)?.containers ?? [];
    if (before.length === 0) throw new Error('no container ran on w2');
    const same = stillRunning(before, now).length;
    const value = same === before.length ? 'live' : now.length >= before.length ? 'again' : 'gone';
    return Promise.resolve({ value, saw: `${same} of ${before.length} ran on, as the same processes` });
  },
});

/** What `kubectl get nodes` said of w2 meanwhile. */
export const whatNodesSay = (id: string, question: string): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'ready', says: 'Ready, all the time' },
    { value: 'moment', says: 'NotReady, for a moment' },
    { value: 'long', says: 'NotReady, more than half of the time' },
  ],
  measure(_lab, facts) {
    const looks = within<Said>(moveIn(facts).said, facts.startedAt, facts.metAt);
    const bad = looks.filter(({ ready }) => !ready).length;
    const value = bad === 0 ? 'ready' : bad <= looks.length / 2 ? 'moment' : 'long';
    return Promise.resolve({ value, saw: `NotReady in ${bad} of ${looks.length} looks` });
  },
});
