import { FiredrillError, messageOf } from '../../system/errors.ts';
import type { ShownAction } from '../acting.ts';
import { drain } from '../drain.ts';
import { KubernetesError, patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';

/** Seconds that the pods of a node are given to go. Each ends in ten seconds or so, and a budget may let them go in turns. */
const withinSeconds = 60;

/**
 * Moves the pods of a node that leaves elsewhere. Pods that no controller replaces are lost. Does nothing where there is
 * no such node.
 * @returns which pods were lost, in words.
 * @throws FiredrillError `drain-held-up`, with the budget; `drain-failed`.
 */
export async function drainLeaving(
  lab: Lab,
  node: string,
  { signal, shown }: { signal?: AbortSignal | undefined; shown: ShownAction },
): Promise<string | undefined> {
  if (!(await nodeExists(lab, node))) return undefined;
  const onHeldUp = (by: string) => {
    shown.update(by);
  };
  const drained = await drain(lab, node, { withinSeconds, mayLose: true, signal, onHeldUp });
  if (drained.kind === 'drained') return drained.lost;
  if (drained.kind === 'failed') {
    throw new FiredrillError(`${node} could not be drained: ${drained.said}`, {
      code: 'drain-failed',
      remedy: "Look with 'kubectl get pods --all-namespaces --output wide' what is on it, and run the same again.",
    });
  }
  throw new FiredrillError(`${node} was not drained within ${withinSeconds} s. Held up by ${drained.by}.`, {
    code: 'drain-held-up',
    remedy:
      "Give the budget room ('kubectl get pdb --all-namespaces'): more pods, or a smaller budget. Then run the same again: it goes on. " +
      `To keep ${node} instead, run 'npx firedrill lab scale' with its number.`,
    exitCode: 1,
  });
}

async function nodeExists(lab: Lab, node: string): Promise<boolean> {
  try {
    await lab.kubernetes.get(`/api/v1/nodes/${node}`, { timeoutSeconds: patientSeconds });
    return true;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return false;
    throw new FiredrillError(`Nobody can tell whether there is a node ${node}: ${messageOf(error)}`, {
      code: 'drain-failed',
      remedy: "Look with 'npx firedrill lab status' whether the API server answers, and run the same again.",
      cause: error,
    });
  }
}
