import { connect } from 'node:net';
import { isTrue, type Condition } from '../../lab/conditions.ts';
import type { Lab } from '../../lab/lab.ts';
import { appNodePort } from '../../lab/layout.ts';
import { messageOf } from '../../system/errors.ts';
import type { NodeSight, PodSight, Sight } from './sight.ts';

/** Seconds after which an answer does not count any more. */
const limitSeconds = 1;
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';
const podsPath = `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent('app in (guestbook,redis)')}`;

interface Meta {
  name: string;
  labels?: Record<string, string>;
  deletionTimestamp?: string;
}
export interface NodeObject {
  metadata: Meta;
  spec?: { unschedulable?: boolean };
  status?: { conditions?: Condition[]; nodeInfo?: { kubeletVersion?: string } };
}
export interface PodObject {
  metadata: Meta;
  spec?: { nodeName?: string; containers?: { image?: string }[] };
  status?: { phase?: string; conditions?: Condition[]; containerStatuses?: { restartCount?: number }[] };
}

/** Looks once at etcd, nodes, the app's pods and the power of the workers, all at the same time. Never throws. */
export async function lookAtStage(lab: Lab, before: Pick<Sight, 'nodes' | 'pods'>): Promise<Sight> {
  const options = { timeoutSeconds: limitSeconds };
  const at = Date.now();
  const [members, cluster, off] = await Promise.all([
    lab.etcd.members({ timeoutSeconds: limitSeconds }),
    Promise.all([
      lab.kubernetes.get<{ items: NodeObject[] }>('/api/v1/nodes', options),
      lab.kubernetes.get<{ items: PodObject[] }>(podsPath, options),
    ]).then(
      ([nodes, pods]) => ({ nodes: nodes.items.map(nodeSight), pods: pods.items.filter(lives).map(podSight) }),
      (error: unknown) => ({ ...before, apiSilent: messageOf(error).split('\n')[0] ?? '' }),
    ),
    machinesThatAreOff(lab),
  ]);
  return { at, members, ...cluster, off };
}

export const nodeSight = ({ metadata, spec, status }: NodeObject): NodeSight => ({
  name: metadata.name,
  ready: isTrue(status?.conditions, 'Ready'),
  cordoned: spec?.unschedulable ?? false,
  excluded: metadata.labels?.[excludeLabel] !== undefined,
  version: status?.nodeInfo?.kubeletVersion ?? '',
});

/** A pod that has ended keeps its object for a while. */
const lives = ({ status }: PodObject): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export const podSight = ({ metadata, spec, status }: PodObject): PodSight => ({
  name: metadata.name,
  app: metadata.labels?.['app'] ?? '',
  machine: spec?.nodeName ?? '',
  ready: isTrue(status?.conditions, 'Ready'),
  ending: metadata.deletionTimestamp !== undefined,
  restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
  version: /:([^:/]+)$/.exec(spec?.containers?.[0]?.image ?? '')?.[1] ?? '',
});

/** The workers whose published port nobody listens at: docker listens for as long as the machine runs. */
async function machinesThatAreOff(lab: Lab): Promise<string[]> {
  if (lab.layout.provider !== 'docker') return [];
  const workers = lab.machinesWithRole('worker');
  const refused = await Promise.all(workers.map((worker) => refuses(worker.publishedPorts[appNodePort] ?? 0)));
  return workers.filter((_, index) => refused[index]).map(({ name }) => name);
}

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: limitSeconds * 1000 });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', end(false)).once('timeout', end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      end(error.code === 'ECONNREFUSED')();
    });
  });
