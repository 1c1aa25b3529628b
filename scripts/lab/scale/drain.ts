import { FiredrillError, messageOf } from '../../system/errors.ts';
import { KubernetesError } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import type { ShownAction } from '../acting.ts';
import { whatHolds } from '../budgets.ts';

/** Seconds that the pods of a node are given to go. Each ends in ten seconds or so, and a budget may let them go in turns. */
const drainSeconds = 60;
/** A node that does not answer never says that its pods have ended: that many seconds after their time they are left. */
const skipSeconds = 10;

export interface DrainOptions {
  signal?: AbortSignal | undefined;
  shown?: ShownAction | undefined;
}

/**
 * Moves the pods of a node elsewhere, by the eviction API: a PodDisruptionBudget is respected. Pods that no controller
 * replaces are lost. Does nothing where there is no such node.
 * @returns which pods were lost, in words.
 * @throws FiredrillError `drain-held-up`, with the budget; `drain-failed`.
 */
export async function drain(lab: Lab, node: string, { signal, shown }: DrainOptions = {}): Promise<string | undefined> {
  if (!(await nodeExists(lab, node))) return undefined;
  const seen: { held?: string } = {};
  const lookWhatHolds = async (): Promise<void> => {
    const held = await whatHolds(lab, node).catch(() => undefined);
    if (held === undefined) return;
    seen.held = held;
    shown?.update(held);
  };
  const words =
    `kubectl drain ${node} --ignore-daemonsets --delete-emptydir-data --force ` +
    `--timeout ${drainSeconds}s --skip-wait-for-delete-timeout ${skipSeconds}`;
  const result = await lab.onHost(words, {
    signal,
    timeoutSeconds: drainSeconds + 30,
    onLine: (line) => {
      if (line.includes('will retry after')) void lookWhatHolds();
    },
  });
  if (result.exitCode === 0) return lostPods(result.stderr);
  if (seen.held === undefined) await lookWhatHolds();
  if (seen.held === undefined) {
    throw new FiredrillError(`${node} could not be drained: ${lastLine(result.stderr)}`, {
      code: 'drain-failed',
      remedy: "Look with 'kubectl get pods --all-namespaces --output wide' what is on it, and run the same again.",
    });
  }
  throw new FiredrillError(`${node} was not drained within ${drainSeconds} s. Held up by ${seen.held}.`, {
    code: 'drain-held-up',
    remedy:
      "Give the budget room ('kubectl get pdb --all-namespaces'): more pods, or a smaller budget. Then run the same again: it goes on. " +
      `To keep ${node} instead, run 'npx firedrill lab scale' with its number.`,
    exitCode: 1,
  });
}

async function nodeExists(lab: Lab, node: string): Promise<boolean> {
  try {
    await lab.kubernetes.get(`/api/v1/nodes/${node}`);
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

/** What kubectl warns of, once, before it begins. */
function lostPods(said: string): string | undefined {
  const pods = /deleting Pods that declare no controller: ([^;\n]+)/.exec(said)?.[1];
  return pods === undefined ? undefined : `lost, as nothing replaces them: ${pods}`;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
