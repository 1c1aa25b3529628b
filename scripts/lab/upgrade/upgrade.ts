import { withLabLock } from '../lab-lock.ts';
import { FiredrillError } from '../../system/errors.ts';
import { acting, type Act, type ActionReporter } from '../acting.ts';
import { hasRole, runsKubelet, type Machine } from '../layout.ts';
import type { Lab } from '../lab.ts';
import { drainNode } from './drain.ts';
import { lookAtNode, measure, runsAsWanted, type Measured } from './measure.ts';
import { moveOrGoBack, requireAllowed, uncordonOurs } from './move-or-go-back.ts';
import { isToldScript, type Minor } from './on-machine.ts';
import { notesOn } from './skew.ts';

/**
 * A kubelet is Ready about a second after its restart here; a laptop under load is given more. A controller starts its whole
 * control plane anew, and takes its locks again.
 */
const readyWithin = (machine: Machine): number => (hasRole(machine, 'controller') ? 240 : 60);

export interface UpgradeOptions {
  to: Minor;
  /** Move the pods away before, and let the node take pods again afterwards. */
  drain: boolean;
  /** Seconds that the node is given to be Ready again before it is taken back. Default 60, of a controller 240. */
  readyWithinSeconds?: number | undefined;
  /** The same for the way back; the same default: whoever gives the new version little time means that one alone. */
  backWithinSeconds?: number | undefined;
  signal?: AbortSignal | undefined;
  reporter: ActionReporter;
}

/** What the parts of an upgrade are given. */
export interface Upgrade {
  lab: Lab;
  /** Of the machine, and of its node. */
  name: string;
  to: Minor;
  readyWithinSeconds: number;
  backWithinSeconds: number;
  signal: AbortSignal | undefined;
  act: Act;
}

/** Versions as the programs said them; undefined for one that did not run. */
interface Said {
  kubelet: string | undefined;
  kubeProxy: string | undefined;
}

export interface Upgraded {
  machine: string;
  from: Said;
  to: Said;
  /** False where it ran this version already. */
  changed: boolean;
  drained: boolean;
  /** From the restart until the node was Ready. */
  seconds: number;
  /** What upstream says of such a move, and what was left as it was. */
  notes: string[];
}

/**
 * Gives a node kubelet and kube-proxy of the other minor. May be killed at any point: the next run goes on. A node that
 * is not Ready in time is taken back to the version that it had.
 * @throws FiredrillError `unknown-machine`, `no-kubelet`; `skew-refused`, `drain-held-up` (exit code 1, nothing was
 *   changed); `upgrade-rolled-back` (exit code 1); `rollback-failed`, `cannot-tell`, `cannot-measure`; Interrupted.
 */
export async function upgradeNode(lab: Lab, name: string, options: UpgradeOptions): Promise<Upgraded> {
  requireNode(lab, name);
  const usual = readyWithin(lab.machine(name));
  const { to, drain, signal, reporter, readyWithinSeconds = usual, backWithinSeconds = usual } = options;
  const act = acting(reporter, signal);
  return withLabLock(lab.layout.name, { signal, reporter }, () =>
    upgrade({ lab, name, to, readyWithinSeconds, backWithinSeconds, signal, act }, drain),
  );
}

async function upgrade(work: Upgrade, drain: boolean): Promise<Upgraded> {
  const { lab, name, to, signal, act } = work;
  const measured = () => measure(lab, name, to, signal);
  const before = await act(`Measure the versions on ${name} and of the API server`, measured, said);
  const moves = !isThere(before);
  const seconds = moves ? await move(work, before, drain) : 0;
  const { cordoned } = await uncordonOurs(work);
  const notes = [
    ...(moves ? notesOn({ from: before.survey.runs.kubelet, to: before.wanted.kubelet, drained: drain }) : []),
    ...(cordoned ? [`${name} was cordoned before, and still is. 'kubectl uncordon ${name}' ends that.`] : []),
  ];
  const after = moves ? await measured() : before;
  return {
    ...{ machine: name, from: textsOf(before), to: textsOf(after) },
    ...{ changed: moves, drained: moves && drain, seconds, notes },
  };
}

async function move(work: Upgrade, before: Measured, drain: boolean): Promise<number> {
  const { lab, name, signal, act } = work;
  const check = () => {
    requireAllowed(name, before);
  };
  await act('Check the version skew policy', check, () => 'allowed');
  if (drain) {
    const { cordoned, cordonedByUs } = before.node;
    const cordonedByOthers = cordoned && !cordonedByUs;
    await act(`Move the pods away from ${name}`, () => drainNode(lab, name, { cordonedByOthers, signal }));
  }
  return moveOrGoBack(work, before);
}

/** @throws FiredrillError `unknown-machine`, `no-kubelet`. */
function requireNode(lab: Lab, name: string): void {
  if (runsKubelet(lab.machine(name))) return;
  const nodes = lab.layout.machines.filter(runsKubelet).map((machine) => machine.name);
  throw new FiredrillError(`${name} runs no kubelet: it is not a node of Kubernetes.`, {
    code: 'no-kubelet',
    remedy: `Name one of ${nodes.join(', ')}.`,
    exitCode: 2,
  });
}

/**
 * Whether a node is told this minor, runs no program of another, and has no upgrade open. One of its programs may be about
 * to start: it will be of this minor. Costs a hundredth of what `measure` does, which starts each program to ask it.
 * @throws FiredrillError `cannot-measure`.
 */
export async function isTold(lab: Lab, name: string, minor: Minor): Promise<boolean> {
  const [answer, node] = await Promise.all([lab.on(name, isToldScript(minor)), lookAtNode(lab, name)]);
  return answer.exitCode === 0 && !node.cordonedByUs;
}

/** Both programs run as wanted, and the node is Ready and says so. */
const isThere = (measured: Measured): boolean =>
  runsAsWanted(measured) && measured.node.ready && measured.node.kubeletVersion === measured.wanted.kubelet.text;

const textsOf = ({ survey: { runs } }: Measured): Said => ({
  kubelet: runs.kubelet?.text,
  kubeProxy: runs.kubeProxy?.text,
});

function said(measured: Measured): string {
  const { kubelet = 'does not run', kubeProxy = 'does not run' } = textsOf(measured);
  const servers = [...new Set(measured.apiServers.map(({ text }) => text))].join(' and ');
  return `kubelet ${kubelet}, kube-proxy ${kubeProxy}, API server ${servers}`;
}
