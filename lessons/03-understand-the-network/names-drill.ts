import { appPaths } from '../../scripts/checks/app.ts';
import { dnsAnswersFromPod, inPod } from '../../scripts/checks/network.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { sample, within } from '../sampling.ts';

const appPort = 8080;

interface Names {
  /** Whether a pod on the other worker gets an answer from DNS. */
  elsewhere: boolean;
  /** Whether a guestbook pod on w1 gave the messages, which it must read from Redis. */
  served: boolean;
}

interface Pods {
  items: { status?: { podIP?: string } }[];
}

/** Addresses of the guestbook pods on w1: those that can't ask for names during the drill. */
async function guestbooksOnW1(lab: Lab): Promise<string[]> {
  const query = 'labelSelector=app%3Dguestbook&fieldSelector=spec.nodeName%3Dw1';
  const pods = await lab.kubernetes.get<Pods>(`/api/v1/namespaces/default/pods?${query}`);
  return pods.items.flatMap((pod) => pod.status?.podIP ?? []);
}

export const observeNames = (lab: Lab, signal: AbortSignal): Promise<unknown> => {
  const dns = dnsAnswersFromPod('toolbox-w2');
  return sample(signal, 1, async (): Promise<Names> => {
    const [address] = await guestbooksOnW1(lab);
    if (address === undefined) throw new Error('no guestbook pod runs on w1');
    const [elsewhere, answer] = await Promise.all([
      dns.look(lab, signal),
      inPod(lab, 'toolbox-w1', `curl --silent --fail --max-time 2 http://${address}:${appPort}${appPaths.messages}`),
    ]);
    if (answer.kind === 'not-run') throw new Error(answer.why);
    return { elsewhere: elsewhere.kind === 'met', served: answer.exitCode === 0 };
  });
};

const runningPods: Prediction = {
  kind: 'choice',
  id: 'running-pods',
  question: 'Pods on w1 get no answer from DNS any more. What do the guestbook pods do that already run there?',
  choices: [
    { value: 'all', says: 'they go on and give the messages from Redis' },
    { value: 'some', says: 'some requests fail, some do not' },
    { value: 'none', says: 'every request fails' },
  ],
  measure(_lab, { startedAt, metAt, observed }) {
    const seen = within<Names>(observed, startedAt, metAt);
    const served = seen.filter((one) => one.served).length;
    const value = served === seen.length ? 'all' : served === 0 ? 'none' : 'some';
    const seconds = ((metAt - startedAt) / 1000).toFixed(0);
    return Promise.resolve({ value, saw: `${served} of ${seen.length} requests were answered, over ${seconds} s` });
  },
};

const otherWorker: Prediction = {
  kind: 'choice',
  id: 'other-worker',
  question: 'And a pod on w2 that asks the same DNS Service?',
  choices: [
    { value: 'answered', says: 'it gets its answers' },
    { value: 'half', says: 'about every second question is lost' },
    { value: 'silence', says: 'it gets none either' },
  ],
  measure(_lab, { startedAt, metAt, observed }) {
    const seen = within<Names>(observed, startedAt, metAt);
    const good = seen.filter((one) => one.elsewhere).length;
    const value = good === seen.length ? 'answered' : good === 0 ? 'silence' : 'half';
    return Promise.resolve({ value, saw: `${good} of ${seen.length} questions from w2 were answered` });
  },
};

export const namesBets = [runningPods, otherWorker] as const;
