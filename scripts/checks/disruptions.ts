import type { V1Deployment } from '@kubernetes/client-node';
import { clusterCheck } from './looking.ts';
import { met, unmet, type Check } from './verdict.ts';

const budgetAt = (name: string): string => `/apis/policy/v1/namespaces/default/poddisruptionbudgets/${name}`;

/** A PodDisruptionBudget of this name holds evictions back. */
export function budgetIsThere(name: string): Check {
  const claim = `there is a disruption budget ${name}`;
  return clusterCheck(claim, async (cluster) =>
    (await cluster.get(budgetAt(name))) ? met(claim) : unmet(`there is no disruption budget ${name}`, claim),
  );
}

export function budgetIsGone(name: string): Check {
  const claim = `there is no disruption budget ${name}`;
  return clusterCheck(claim, async (cluster) =>
    (await cluster.get(budgetAt(name))) ? unmet(`there is a disruption budget ${name}`, claim) : met(claim),
  );
}

/** The pods of the Deployment go on serving for a moment when they are told to stop: they have a `preStop`. */
export function podsWaitBeforeTheyStop(deployment: string): Check {
  return preStopCheck(`pods of ${deployment} have a preStop`, deployment, true);
}

export function podsStopAtOnce(deployment: string): Check {
  return preStopCheck(`pods of ${deployment} have no preStop`, deployment, false);
}

function preStopCheck(claim: string, name: string, wanted: boolean): Check {
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1Deployment>(`/apis/apps/v1/namespaces/default/deployments/${name}`);
    if (!found) return unmet(`there is no Deployment ${name}`, claim);
    const containers = found.spec?.template.spec?.containers ?? [];
    const has = containers.some(({ lifecycle }) => lifecycle?.preStop !== undefined);
    return has === wanted ? met(claim) : unmet(`they have ${has ? 'a' : 'no'} preStop`, claim);
  });
}
