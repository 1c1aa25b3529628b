import type { V1Deployment, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { isTrue } from '../lab/conditions.ts';
import { clusterCheck, counted, listed, type ClusterView } from './looking.ts';
import { met, unmet, type Check, type Verdict } from './verdict.ts';

export interface RolloutWanted {
  /** Default `default`. */
  namespace?: string;
  replicas?: number;
  /** Of the first container, such as `firedrill/guestbook:2`. */
  image?: string;
}

/** Every pod of the Deployment is of the newest version and available, and no old one is left. */
export function deploymentIsRolledOut(name: string, wanted: RolloutWanted = {}): Check {
  const parts = [
    wanted.replicas === undefined ? '' : ` with ${counted(wanted.replicas, 'pod')}`,
    wanted.image === undefined ? '' : ` from image ${wanted.image}`,
  ];
  const claim = `Deployment ${name} is rolled out${parts.join('')}`;
  return clusterCheck(claim, async (cluster) => {
    const path = `/apis/apps/v1/namespaces/${wanted.namespace ?? 'default'}/deployments/${name}`;
    const deployment = await cluster.get<V1Deployment>(path);
    if (!deployment) return unmet(`there is no Deployment ${name}`, claim);
    return judgeRollout(deployment, wanted, claim);
  });
}

/** Every pod of the StatefulSet is of the newest version and ready. */
export function statefulSetIsReady(name: string, namespace = 'default'): Check {
  const claim = `StatefulSet ${name} is ready`;
  return clusterCheck(claim, async (cluster) => {
    const set = await cluster.get<V1StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`);
    if (!set) return unmet(`there is no StatefulSet ${name}`, claim);
    return judgeRollout(set, {}, claim);
  });
}

/** At least one Ready pod with these labels runs on each of the nodes. */
export function podsRunOn(pods: string | { namespace: string; selector: string }, ...nodes: string[]): Check {
  const { namespace, selector } = typeof pods === 'string' ? { namespace: 'default', selector: pods } : pods;
  const claim = `a pod with ${selector} runs on ${listed(nodes)}`;
  return clusterCheck(claim, async (cluster) => {
    const found = await readyPods(cluster, selector, namespace);
    const missing = nodes.filter((node) => !found.some((pod) => pod.spec?.nodeName === node));
    return missing.length === 0 ? met(placed(found)) : unmet(placed(found), claim);
  });
}

/** Ready pods with these labels run on these nodes, and on no other. */
export function podsRunOnlyOn(selector: string, ...nodes: string[]): Check {
  const claim = `all pods with ${selector} run on ${listed(nodes)}`;
  return clusterCheck(claim, async (cluster) => {
    const found = await readyPods(cluster, selector);
    const all = found.length > 0 && found.every((pod) => nodes.includes(pod.spec?.nodeName ?? ''));
    return all ? met(placed(found)) : unmet(placed(found), claim);
  });
}

/** At least so many pods with these labels are Ready and not on their way out. */
export function podsAreReady(selector: string, atLeast: number): Check {
  const claim = `${counted(atLeast, 'pod')} with ${selector} or more are Ready`;
  return clusterCheck(claim, async (cluster) => {
    const { length } = await readyPods(cluster, selector);
    const saw = `${counted(length, 'pod')} Ready`;
    return length >= atLeast ? met(saw) : unmet(saw, claim);
  });
}

/** No pod with these labels is on its way out: whoever was told to stop one has done it. */
export function noPodIsTerminating(selector: string): Check {
  const claim = `no pod with ${selector} is on its way out`;
  return clusterCheck(claim, async (cluster) => {
    const path = `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(selector)}`;
    const pods = (await cluster.get<{ items: V1Pod[] }>(path))?.items ?? [];
    const leaving = pods.filter((pod) => pod.metadata?.deletionTimestamp !== undefined);
    if (leaving.length === 0) return met(claim);
    const nodes = [...new Set(leaving.map((pod) => pod.spec?.nodeName ?? 'no node'))].sort();
    return unmet(`${counted(leaving.length, 'pod')} on ${listed(nodes)} is still on its way out`, claim);
  });
}

/** The pod of this name is Ready. */
export function podIsReady(name: string, namespace = 'default'): Check {
  const claim = `pod ${name} is Ready`;
  return clusterCheck(claim, async (cluster) => {
    const pod = await cluster.get<V1Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
    if (!pod) return unmet(`there is no pod ${name}`, claim);
    return isReadyPod(pod) ? met(claim) : unmet(`it is ${pod.status?.phase ?? 'new'}, and not Ready`, claim);
  });
}

/** There is no pod of this name. */
export function podIsGone(name: string, namespace = 'default'): Check {
  const claim = `there is no pod ${name}`;
  return clusterCheck(claim, async (cluster) => {
    const pod = await cluster.get<V1Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`);
    return pod ? unmet(`${name} is there`, claim) : met(claim);
  });
}

/** Ready pods with these labels run on at least so many different nodes. */
export function podsAreSpread(selector: string, overNodes: number): Check {
  const claim = `pods with ${selector} run on ${counted(overNodes, 'node')} or more`;
  return clusterCheck(claim, async (cluster) => {
    const found = await readyPods(cluster, selector);
    const nodes = new Set(found.map((pod) => pod.spec?.nodeName));
    return nodes.size >= overNodes ? met(placed(found)) : unmet(placed(found), claim);
  });
}

/** Pods that are Ready and not on their way out. */
export async function readyPods(cluster: ClusterView, selector: string, namespace = 'default'): Promise<V1Pod[]> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  const pods = (await cluster.get<{ items: V1Pod[] }>(path))?.items ?? [];
  return pods.filter(isReadyPod);
}

export const isReadyPod = (pod: V1Pod): boolean =>
  pod.metadata?.deletionTimestamp === undefined && isTrue(pod.status?.conditions, 'Ready');

function judgeRollout(object: V1Deployment | V1StatefulSet, wanted: RolloutWanted, claim: string): Verdict {
  const replicas = object.spec?.replicas ?? 1;
  const status = object.status;
  const available = status?.availableReplicas ?? 0;
  const updated = status?.updatedReplicas ?? 0;
  const existing = status?.replicas ?? 0;
  const image = shortImage(object.spec?.template.spec?.containers[0]?.image ?? '');
  const count = `${available} of ${counted(replicas, 'pod')} available`;
  const saw = wanted.image === undefined ? count : `${count}, image ${image}`;
  if (wanted.replicas !== undefined && replicas !== wanted.replicas) {
    return unmet(`it asks for ${counted(replicas, 'pod')}`, claim);
  }
  if (wanted.image !== undefined && image !== shortImage(wanted.image)) {
    return unmet(`its image is ${image}`, claim);
  }
  const seen = (status?.observedGeneration ?? 0) >= (object.metadata?.generation ?? 0);
  if (!seen) return unmet('the controller has not looked at the change yet', claim);
  const done = updated === replicas && available === replicas && existing === replicas;
  if (done) return met(saw);
  return unmet(`${saw}, ${updated} of the newest version, ${existing} in all`, claim);
}

const shortImage = (image: string): string => image.replace(/^docker\.io\/(library\/)?/, '');

function placed(pods: readonly V1Pod[]): string {
  if (pods.length === 0) return 'no such pod is Ready';
  const byNode = Map.groupBy(pods, (pod) => pod.spec?.nodeName ?? 'no node');
  const places = [...byNode].sort(([a], [b]) => a.localeCompare(b)).map(([node, on]) => `${on.length} on ${node}`);
  return listed(places);
}
