import { FiredrillError, messageOf } from '../../system/errors.ts';
import { waitUntil } from '../../system/wait.ts';
import type { Lab } from '../lab.ts';
import { hasRole } from '../layout.ts';
import { notLeadingSince } from './leaders.ts';
import { lookAtNode, type Measured } from './measure.ts';
import { moveScript, progressIn, progressScript, type Minor, type Progress } from './on-machine.ts';

export interface MoveOptions {
  minor: Minor;
  /** Measured just before. */
  before: Measured;
  readyWithinSeconds: number;
  signal?: AbortSignal | undefined;
}

/** `there`: both programs run, and the node is Ready and says the wanted version. */
export type Look = { kind: 'there' } | { kind: 'not-yet'; saw: string } | { kind: 'unknown'; why: string };

/**
 * Restarts kubelet and kube-proxy as the other minor, and waits until the node is Ready with it.
 * @throws FiredrillError `not-ready-in-time`; `cannot-tell` where nobody could say; and what `Lab.on` throws.
 */
export async function moveNode(lab: Lab, machine: string, options: MoveOptions): Promise<void> {
  const { minor, readyWithinSeconds, signal } = options;
  const result = await lab.on(machine, moveScript(minor), { signal });
  if (result.exitCode !== 0) throw notReady(`its services could not be restarted: ${result.stderr.trim()}`, machine);
  let last: Look = { kind: 'unknown', why: 'it was not looked at yet' };
  try {
    await waitUntil(
      async () => {
        last = await lookAtMove(lab, machine, options);
        return last.kind === 'there';
      },
      { what: `${machine} is Ready`, deadlineSeconds: readyWithinSeconds, signal },
    );
  } catch (error) {
    if (!(error instanceof FiredrillError)) throw error;
    throw whyNot(last, machine, readyWithinSeconds, error);
  }
}

/** Looks once, at the machine and at what the API server has of it. */
export async function lookAtMove(lab: Lab, machine: string, { minor, before, signal }: MoveOptions): Promise<Look> {
  try {
    const progress = progressIn(await lab.on(machine, progressScript(minor), { signal, timeoutSeconds: 10 }));
    const wanted = before.wanted.kubelet.text;
    if (!progress.moved.kubelet) return notYet(`no kubelet ${wanted} runs`);
    if (!progress.moved.kubeProxy) return notYet(`no kube-proxy ${before.wanted.kubeProxy.text} runs`);
    const node = await lookAtNode(lab, machine, signal);
    if (node.kubeletVersion !== wanted) return notYet(`the node says kubelet ${node.kubeletVersion}`);
    if (!node.ready) return notYet(`NotReady (${node.why.replace(/\.$/, '')})`);
    // The version alone tells nothing where the kubelet before had the same one: then it must have reported since.
    const reported = before.node.kubeletVersion !== wanted || node.heartbeatAt > progress.kubeletSince;
    if (!reported) return notYet('the new kubelet has not reported yet');
    if (progress.kubeProxyHealth !== 200) return notYet(`kube-proxy says ${progress.kubeProxyHealth} of its health`);
    return hasRole(lab.machine(machine), 'controller')
      ? await lookAtControlPlane(lab, progress, signal)
      : { kind: 'there' };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'unknown', why: messageOf(error) };
  }
}

async function lookAtControlPlane(lab: Lab, progress: Progress, signal?: AbortSignal): Promise<Look> {
  const { kubeletSince, apiServerSince = 0 } = progress;
  if (!staticPodsSettled(progress, Date.now() / 1000))
    return notYet('the kubelet has not started the API server anew yet');
  const silent = await notLeadingSince(lab, Math.max(kubeletSince, apiServerSince), signal);
  return silent === undefined ? { kind: 'there' } : notYet(`no ${silent} has its lock yet`);
}

/** Seconds after which a kubelet that was going to start its static pods anew has done so: 3 to 4 here, when idle. */
const staticPodSeconds = 20;

/**
 * A kubelet of another minor takes its static pods for changed, and starts them anew some seconds after the node is Ready
 * (seen between 1.36 and 1.37, both ways): who believes the node loses the API server. Where it wants the pod that runs,
 * because two minors agree or the other one did not get to it, that one runs on.
 */
export function staticPodsSettled(
  {
    kubeletSince,
    apiServerSince,
    apiServerWanted,
  }: Pick<Progress, 'kubeletSince' | 'apiServerSince' | 'apiServerWanted'>,
  now: number,
): boolean {
  const isNew = apiServerSince !== undefined && apiServerSince > kubeletSince;
  return isNew || apiServerWanted || now - kubeletSince > staticPodSeconds;
}

/**
 * Waits until a controller's kubelet, which was just started as another minor, has started its static pods anew, or would
 * have. An API server that answers before that is one that will go away.
 */
export async function awaitStaticPods(lab: Lab, controller: string, minor: Minor, signal?: AbortSignal): Promise<void> {
  const look = async (): Promise<boolean> => {
    const progress = progressIn(await lab.on(controller, progressScript(minor), { signal, timeoutSeconds: 10 }));
    return progress.moved.kubelet && staticPodsSettled(progress, Date.now() / 1000);
  };
  const what = `the kubelet of ${controller} has started the API server anew`;
  await waitUntil(look, { what, deadlineSeconds: 3 * staticPodSeconds, signal });
}

const notYet = (saw: string): Look => ({ kind: 'not-yet', saw });

function whyNot(last: Look, machine: string, seconds: number, cause: unknown): FiredrillError {
  if (last.kind === 'not-yet') return notReady(`within ${seconds} s: ${last.saw}`, machine, cause);
  const why = last.kind === 'unknown' ? last.why : '';
  return new FiredrillError(`Nobody can tell whether ${machine} is Ready: ${why}`, {
    code: 'cannot-tell',
    remedy: "Look with 'npx firedrill lab status', mend that, and run the same again: it goes on where it stopped.",
    cause,
  });
}

const notReady = (how: string, machine: string, cause?: unknown): FiredrillError =>
  new FiredrillError(`${machine} did not become Ready ${how}`, {
    code: 'not-ready-in-time',
    remedy: `Read why: 'npx firedrill lab logs ${machine} kubelet'.`,
    exitCode: 1,
    cause,
  });
