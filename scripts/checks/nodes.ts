import type { V1Node } from '@kubernetes/client-node';
import { clusterCheck, listed, type ClusterView } from './looking.ts';
import { met, unknown, unmet, type Check } from './verdict.ts';

/** These nodes are Ready; without names: all that the API server knows, and at least one. */
export function nodesAreReady(...names: string[]): Check {
  const claim =
    names.length === 0
      ? 'all nodes are Ready'
      : names.length === 1
        ? `node ${names[0] ?? ''} is Ready`
        : `nodes ${listed(names)} are Ready`;
  return clusterCheck(claim, async (cluster) => {
    const nodes = await allNodes(cluster);
    const wanted = names.length === 0 ? nodes.map(nameOf) : names;
    if (wanted.length === 0) return unmet('no node has joined the cluster', claim);
    const states = wanted.map((name) => stateOf(name, nodes));
    const saw = listed(states.map((state) => state.says));
    return states.every((state) => state.ready) ? met(saw) : unmet(saw, claim);
  });
}

/** Kubernetes says that the node is not Ready: the kubelet reported trouble, or nothing for too long. */
export function nodeIsNotReady(name: string): Check {
  const claim = `node ${name} is NotReady`;
  return clusterCheck(claim, async (cluster) => {
    const node = await cluster.get<V1Node>(`/api/v1/nodes/${name}`);
    if (!node) return unmet(`there is no node ${name}`, claim);
    const state = stateOf(name, [node]);
    return state.ready ? unmet(state.says, claim) : met(state.says);
  });
}

/** The cluster has these nodes and no other, Ready or not. */
export function nodesAreOnly(...names: string[]): Check {
  const claim = `the cluster's nodes are ${listed(names)}`;
  return clusterCheck(claim, async (cluster) => {
    const found = (await allNodes(cluster)).map(nameOf).sort();
    const saw = `its nodes are ${listed(found)}`;
    return found.join() === names.toSorted().join() ? met(saw) : unmet(saw, claim);
  });
}

/** The scheduler may give new pods to the node: nobody has cordoned it. */
export function nodeTakesPods(name: string): Check {
  const claim = `node ${name} takes new pods`;
  return clusterCheck(claim, async (cluster) => {
    const node = await cluster.get<V1Node>(`/api/v1/nodes/${name}`);
    if (!node) return unknown(`there is no node ${name}`);
    const hint = `'kubectl uncordon ${name}' ends it.`;
    return node.spec?.unschedulable ? unmet(`${name} is cordoned`, claim, hint) : met(`${name} is not cordoned`);
  });
}

/** The node carries the label. An empty value is a value of its own, as in `node-role.kubernetes.io/worker=`. */
export function nodeHasLabel(name: string, key: string, value: string): Check {
  const claim = `node ${name} has the label ${key}=${value}`;
  return clusterCheck(claim, async (cluster) => {
    const node = await cluster.get<V1Node>(`/api/v1/nodes/${name}`);
    if (!node) return unknown(`there is no node ${name}`);
    const found = node.metadata?.labels?.[key];
    if (found === value) return met(`${name} has ${key}=${found}`);
    const saw = found === undefined ? `${name} has no label ${key}` : `${name} has ${key}=${found}`;
    return unmet(saw, `${key}=${value} on ${name}`);
  });
}

/** No node carries the label key. */
export function noNodeHasLabel(key: string): Check {
  const claim = `no node has the label ${key}`;
  return clusterCheck(claim, async (cluster) => {
    const labelled = (await allNodes(cluster)).filter((node) => node.metadata?.labels?.[key] !== undefined).map(nameOf);
    return labelled.length === 0 ? met(claim) : unmet(`${listed(labelled)} has it`, claim);
  });
}

async function allNodes(cluster: ClusterView): Promise<V1Node[]> {
  return (await cluster.get<{ items: V1Node[] }>('/api/v1/nodes'))?.items ?? [];
}

const nameOf = (node: V1Node): string => node.metadata?.name ?? '';

function stateOf(name: string, nodes: readonly V1Node[]): { ready: boolean; says: string } {
  const node = nodes.find((candidate) => nameOf(candidate) === name);
  if (!node) return { ready: false, says: `there is no node ${name}` };
  const condition = node.status?.conditions?.find(({ type }) => type === 'Ready');
  if (condition?.status === 'True') return { ready: true, says: `${name} is Ready` };
  const why = condition?.message ?? 'it has not reported yet';
  return { ready: false, says: `${name} is NotReady (${why.replace(/\.$/, '')})` };
}
