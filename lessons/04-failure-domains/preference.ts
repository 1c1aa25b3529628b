import type { V1Deployment } from '@kubernetes/client-node';
import { clusterCheck, listed } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';

/** Nothing in the pod template of the Deployment names a node that its pods must run on. A preference may. */
export function podsMayRunElsewhere(name: string): Check {
  const claim = `pods of ${name} may run on any worker`;
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1Deployment>(`/apis/apps/v1/namespaces/default/deployments/${name}`);
    if (!found) return unmet(`there is no Deployment ${name}`, claim);
    const { nodeSelector = {}, nodeName, affinity } = found.spec?.template.spec ?? {};
    const musts = [
      ...(Object.keys(nodeSelector).length > 0 ? ['a nodeSelector'] : []),
      ...(nodeName === undefined ? [] : ['a nodeName']),
      ...(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ? ['a required affinity'] : []),
    ];
    const hint = 'Preferred, not required: when their node is gone, they shall run elsewhere.';
    return musts.length === 0 ? met(claim) : unmet(`they have ${listed(musts)}`, claim, hint);
  });
}
