import { FiredrillError } from '../../system/errors.ts';
import { quoted } from '../../system/run.ts';
import { drain } from '../drain.ts';
import type { Lab } from '../lab.ts';

/** Annotation of a node that an upgrade has cordoned: whoever goes on after a crash knows that it must uncordon it. */
export const cordonMark = 'firedrill/cordoned-for';

/** Seconds that the pods are given to leave: a budget may let them go one by one only. */
const withinSeconds = 120;

/**
 * Keeps new pods from a node and moves its pods away, as their PodDisruptionBudgets allow. A node that somebody else has
 * cordoned gets no mark: it stays cordoned.
 * @throws FiredrillError `drain-held-up`, after the node takes pods again.
 */
export async function drainNode(
  lab: Lab,
  node: string,
  options: { cordonedByOthers: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const { cordonedByOthers, signal } = options;
  // Mark and cordon in one request: there is never the one without the other.
  if (!cordonedByOthers) await patchNode(lab, node, 'upgrade', true, signal);
  const drained = await drain(lab, node, { withinSeconds, mayLose: false, signal });
  if (drained.kind === 'drained') return;
  if (!cordonedByOthers) await uncordonNode(lab, node, signal);
  const why = drained.kind === 'held-up' ? drained.by : drained.said;
  throw new FiredrillError(`${node} could not be drained within ${withinSeconds} s: ${why}.`, {
    code: 'drain-held-up',
    remedy:
      `Nothing was moved to another version. 'kubectl get poddisruptionbudgets,pods --all-namespaces' tells who holds it ` +
      `up: a pod that is not Ready uses up its budget. Mend that and run the same again, or leave out --drain.`,
    exitCode: 1,
  });
}

/** Lets a node take pods again, and takes the mark away. */
export const uncordonNode = (lab: Lab, node: string, signal?: AbortSignal): Promise<void> =>
  patchNode(lab, node, null, null, signal);

async function patchNode(
  lab: Lab,
  node: string,
  mark: string | null,
  unschedulable: true | null,
  signal?: AbortSignal,
): Promise<void> {
  const patch = JSON.stringify({ metadata: { annotations: { [cordonMark]: mark } }, spec: { unschedulable } });
  const command = `kubectl patch node ${quoted(node)} --type=merge --patch ${quoted(patch)}`;
  const { exitCode, stderr } = await lab.onHost(command, { signal });
  if (exitCode === 0) return;
  throw new FiredrillError(`The API server did not take the change of node ${node}: ${stderr.trim()}`, {
    code: 'cordon-failed',
    remedy: "Look with 'npx firedrill lab status' whether it answers, and run the same again.",
  });
}
