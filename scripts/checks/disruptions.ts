import type { V1Deployment, V1DeploymentSpec } from '@kubernetes/client-node';
import { clusterCheck, listed } from './looking.ts';
import { met, unmet, type Check, type Verdict } from './verdict.ts';

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
  return deploymentCheck(claim, name, (spec) => {
    const has = containersOf(spec).some(({ lifecycle }) => lifecycle?.preStop !== undefined);
    return has === wanted ? met(claim) : unmet(`they have ${has ? 'a' : 'no'} preStop`, claim);
  });
}

/** The pods of the Deployment say themselves when they are Ready: they have a readiness probe. */
export function podsSayWhenReady(deployment: string): Check {
  return readinessCheck(`pods of ${deployment} have a readiness probe`, deployment, true);
}

/** The pods of the Deployment count as Ready as soon as they run. */
export function podsAreTakenForReady(deployment: string): Check {
  return readinessCheck(`pods of ${deployment} have no readiness probe`, deployment, false);
}

function readinessCheck(claim: string, name: string, wanted: boolean): Check {
  return deploymentCheck(claim, name, (spec) => {
    const has = containersOf(spec).some(({ readinessProbe }) => readinessProbe !== undefined);
    return has === wanted ? met(claim) : unmet(`they have ${has ? 'a' : 'no'} readiness probe`, claim);
  });
}

/** So many pods of the Deployment may be missing in a roll-out: `maxUnavailable` as it was set, `0` or `100%`. */
export function rollOutMayMiss(deployment: string, maxUnavailable: number | string): Check {
  const claim = `maxUnavailable of ${deployment} is ${maxUnavailable}`;
  return deploymentCheck(claim, deployment, ({ strategy }) => {
    // What the API server fills in where nobody said anything.
    const found = strategy?.rollingUpdate?.maxUnavailable ?? '25%';
    return String(found) === String(maxUnavailable) ? met(claim) : unmet(`it is ${found}`, claim);
  });
}

/** Nothing in the pod template of the Deployment names a node that its pods must run on. A preference may. */
export function podsMayRunElsewhere(deployment: string): Check {
  const claim = `pods of ${deployment} may run on any worker`;
  return deploymentCheck(claim, deployment, ({ template }) => {
    const { nodeSelector = {}, nodeName, affinity } = template.spec ?? {};
    const musts = [
      ...(Object.keys(nodeSelector).length > 0 ? ['a nodeSelector'] : []),
      ...(nodeName === undefined ? [] : ['a nodeName']),
      ...(affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ? ['a required affinity'] : []),
    ];
    const hint = 'Preferred, not required: when their node is gone, they shall run elsewhere.';
    return musts.length === 0 ? met(claim) : unmet(`they have ${listed(musts)}`, claim, hint);
  });
}

const containersOf = ({ template }: V1DeploymentSpec) => template.spec?.containers ?? [];

function deploymentCheck(claim: string, name: string, judge: (spec: V1DeploymentSpec) => Verdict): Check {
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1Deployment>(`/apis/apps/v1/namespaces/default/deployments/${name}`);
    return found?.spec ? judge(found.spec) : unmet(`there is no Deployment ${name}`, claim);
  });
}
