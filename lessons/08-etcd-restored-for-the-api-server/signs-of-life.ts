import { clusterCheck, listed } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';

interface Lease {
  metadata?: { name?: string };
  spec?: { renewTime?: string };
}

/** Longer than a kubelet takes between two signs of life (4 s here), shorter than the node's grace period (16 s). */
const freshSeconds = 12;

/** The controller-manager has renewed its lock a moment ago: it is alive and may work. */
export function controllersWork(): Check {
  const claim = 'the controller-manager holds its lock';
  return clusterCheck(claim, async (cluster) => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager';
    const lock = await cluster.get<Lease>(path);
    if (!lock) return unmet('nobody holds the lock', claim);
    const age = ageOf(lock);
    const saw = `it was renewed ${age.toFixed(0)} s ago`;
    return age <= freshSeconds ? met(saw) : unmet(saw, claim);
  });
}

/** Each of these nodes has given a sign of life a moment ago. */
export function kubeletsReport(...nodes: readonly string[]): Check {
  const claim = `the kubelets of ${listed(nodes)} report`;
  return clusterCheck(claim, async (cluster) => {
    const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    const leases = (await cluster.get<{ items: Lease[] }>(path))?.items;
    if (!leases) return unknown('there are no leases of nodes');
    const silent = nodes.filter((node) => {
      const lease = leases.find(({ metadata }) => metadata?.name === node);
      return lease === undefined || ageOf(lease) > freshSeconds;
    });
    return silent.length === 0 ? met('all do') : unmet(`nothing new from ${listed(silent)}`, claim);
  });
}

const ageOf = ({ spec }: Lease): number => (Date.now() - Date.parse(spec?.renewTime ?? '1970-01-01')) / 1000;
