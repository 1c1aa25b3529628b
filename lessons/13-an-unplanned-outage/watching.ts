import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { isReadyPod } from '../../scripts/checks/workloads.ts';
import type { DrillFacts } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { runningContainers, type RunningContainer } from '../containers.ts';
import { isReadyNode } from '../node-and-pods.ts';
import { sample, type Sample } from '../sampling.ts';
import { putUnderLoad, type UnderLoad } from '../under-load.ts';

/** Pods of the guestbook, as its manifest has them. */
export const replicas = 4;

/** A Ready pod of the guestbook. */
interface Served {
  /** Tells a pod from another one, also where names are the same. */
  uid: string;
  node: string;
}

/** What the API server says at one moment. */
export interface Said {
  /** Nodes that are Ready. */
  ready: readonly string[];
  guestbooks: readonly Served[];
  /** Nodes on which a Redis that takes messages is Ready. */
  primaryOn: readonly string[];
}

export interface Outage {
  load: UnderLoad;
  said: readonly Sample<Said>[];
}

/** The load, and the API server's word beside it. */
export const observeOutage = async (lab: Lab, signal: AbortSignal): Promise<Outage> => {
  const [load, said] = await Promise.all([putUnderLoad(lab, signal), sample(signal, 0.5, () => askApiServer(lab))]);
  return { load, said };
};

/** A kubelet that is stopped: the machine's own word as well. */
export interface Silence extends Outage {
  /** The guestbook's containers that run on w2, by the word of w2 itself. */
  onW2: readonly Sample<readonly RunningContainer[]>[];
}

export const observeSilence = async (lab: Lab, signal: AbortSignal): Promise<Silence> => {
  const [outage, onW2] = await Promise.all([
    observeOutage(lab, signal),
    sample(signal, 1, () => runningContainers(lab, 'w2', 'guestbook')),
  ]);
  return { ...outage, onW2 };
};

async function askApiServer(lab: Lab): Promise<Said> {
  const selector = encodeURIComponent('app in (guestbook,redis)');
  const [nodes, pods] = await Promise.all([
    lab.kubernetes.get<{ items: V1Node[] }>('/api/v1/nodes'),
    lab.kubernetes.get<{ items: V1Pod[] }>(`/api/v1/namespaces/default/pods?labelSelector=${selector}`),
  ]);
  return saidIn(nodes.items, pods.items);
}

export function saidIn(nodes: readonly V1Node[], pods: readonly V1Pod[]): Said {
  const serving = pods.filter(isReadyPod);
  const nodeOf = ({ spec }: V1Pod): string => spec?.nodeName ?? '';
  return {
    ready: nodes.filter(isReadyNode).map(({ metadata }) => metadata?.name ?? ''),
    guestbooks: serving
      .filter(({ metadata }) => metadata?.labels?.['app'] === 'guestbook')
      .map((pod) => ({ uid: pod.metadata?.uid ?? '', node: nodeOf(pod) })),
    primaryOn: serving.filter(({ metadata }) => metadata?.labels?.['role'] === 'primary').map(nodeOf),
  };
}

/** @throws where nothing was observed. */
export function outageIn({ observed }: DrillFacts): Outage {
  const seen = observed as Outage | undefined;
  if (!seen) throw new Error('nobody looked');
  return seen;
}
