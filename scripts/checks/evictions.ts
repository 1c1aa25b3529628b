import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { clusterCheck, listed } from './looking.ts';
import { met, unknown, unmet, type Check } from './verdict.ts';

/** Ends the pods of a node that is silent, once their tolerations run out. */
const endsPods = ({ spec }: V1Node): boolean =>
  spec?.taints?.some(({ key, effect }) => key === 'node.kubernetes.io/unreachable' && effect === 'NoExecute') ?? false;

/** A node as this check looks at it: since when it is not Ready, and whether its pods are told to go. */
export interface LostNode {
  name: string;
  /** Milliseconds since the epoch; undefined while it is Ready. */
  notReadySince: number | undefined;
  /** It has the taint that ends its pods, or one of them was told to go. */
  losesPods: boolean;
}

/**
 * These nodes have been NotReady for so many seconds, all at once, and one of them at least keeps its pods: Kubernetes
 * has stopped evicting. The seconds must be longer than it would take to come to the last of them.
 */
export function evictionsHaveStopped(seconds: number, ...nodes: readonly string[]): Check {
  const claim = `${listed(nodes)} are NotReady for ${seconds} s, and not all of them lose their pods`;
  return clusterCheck(claim, async (cluster) => {
    const all = (await cluster.get<{ items: V1Node[] }>('/api/v1/nodes'))?.items ?? [];
    const pods = (await cluster.get<{ items: V1Pod[] }>('/api/v1/pods'))?.items ?? [];
    const lost = lostNodes(all, pods).filter(({ name }) => nodes.includes(name));
    if (lost.length < nodes.length) return unknown(`of ${listed(nodes)} not all are nodes`);
    const ready = lost.filter(({ notReadySince }) => notReadySince === undefined).map(({ name }) => name);
    if (ready.length > 0) return unmet(`${listed(ready)} is still Ready`, claim);
    const quiet = Math.floor((Date.now() - Math.max(...lost.map(({ notReadySince }) => notReadySince ?? 0))) / 1000);
    if (quiet < seconds) return unmet(`all are NotReady for ${Math.max(0, quiet)} s`, claim);
    const keep = lost.filter(({ losesPods }) => !losesPods).map(({ name }) => name);
    return keep.length > 0
      ? met(`after ${quiet} s ${listed(keep)} still keep their pods`)
      : unmet('all lose them', claim);
  });
}

/** Each node with what happens to its pods. */
export const lostNodes = (nodes: readonly V1Node[], pods: readonly V1Pod[]): LostNode[] =>
  nodes.map((node) => {
    const name = node.metadata?.name ?? '';
    const condition = node.status?.conditions?.find(({ type }) => type === 'Ready');
    const at = condition?.lastTransitionTime;
    const told = pods.some(
      ({ spec, metadata }) => spec?.nodeName === name && metadata?.deletionTimestamp !== undefined,
    );
    return {
      name,
      // The client may give the time as text.
      notReadySince: condition?.status === 'True' ? undefined : new Date(at ?? 0).getTime(),
      losesPods: told || endsPods(node),
    };
  });
