import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { isReadyPod } from '../scripts/checks/workloads.ts';
import { isTrue } from '../scripts/lab/conditions.ts';
import type { Lab } from '../scripts/lab/lab.ts';

/** The API server's word on w2, and the pods of the guestbook that are Ready, on whichever node. */
export async function w2AndPods(lab: Lab): Promise<{ w2: V1Node; ready: readonly V1Pod[] }> {
  const [w2, pods] = await Promise.all([
    lab.kubernetes.get<V1Node>('/api/v1/nodes/w2'),
    lab.kubernetes.get<{ items: V1Pod[] }>('/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook'),
  ]);
  return { w2, ready: pods.items.filter(isReadyPod) };
}

export const isReadyNode = (node: V1Node): boolean => isTrue(node.status?.conditions, 'Ready');
