import type { V1Pod } from '@kubernetes/client-node';
import { clusterCheck, counted, listed } from './looking.ts';
import { met, unmet, type Check } from './verdict.ts';
import { readyPods } from './workloads.ts';

/** What Kubernetes marks a node with that is lost (https://kubernetes.io/docs/reference/labels-annotations-taints/). */
const lost = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'] as const;

/** Every Ready pod with these labels leaves a lost node after so many seconds at most, and there is one at least. */
export function podsLeaveWithin(selector: string, seconds: number): Check {
  const claim = `pods with ${selector} leave a lost node within ${seconds} s`;
  return clusterCheck(claim, async (cluster) => {
    const pods = await readyPods(cluster, selector);
    if (pods.length === 0) return unmet('no such pod is Ready', claim);
    const patience = pods.flatMap((pod) => lost.map((key) => staysSeconds(pod, key)));
    const saw = `${counted(pods.length, 'pod')} would stay for ${listed(inWords(patience))}`;
    return Math.max(...patience) <= seconds ? met(saw) : unmet(saw, claim);
  });
}

/** Seconds that a pod stays on a node with this taint; a toleration without a number is one for ever. */
function staysSeconds({ spec }: V1Pod, key: string): number {
  const found = spec?.tolerations?.filter(
    (one) => (one.key === undefined || one.key === key) && (one.effect === undefined || one.effect === 'NoExecute'),
  );
  if (!found || found.length === 0) return 0;
  // The shortest counts where several fit (https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/).
  return Math.min(...found.map(({ tolerationSeconds }) => Math.max(0, tolerationSeconds ?? Infinity)));
}

const inWords = (patience: readonly number[]): string[] =>
  [...new Set(patience)].sort((one, other) => one - other).map((one) => (one === Infinity ? 'ever' : `${one} s`));
