import type { V1Node } from '@kubernetes/client-node';
import { isTrue } from '../../scripts/lab/conditions.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { sample, type Sample } from '../sampling.ts';
import { putUnderLoad, type UnderLoad } from '../under-load.ts';

/** What the API server says of the workers at one moment, by their names. */
export interface Workers {
  cordoned: readonly string[];
  notReady: readonly string[];
}

export interface Outage {
  load: UnderLoad;
  workers: readonly Sample<Workers>[];
}

/** The app under load, and the API server's word on the workers. */
export const observeOutage = async (lab: Lab, signal: AbortSignal): Promise<Outage> => {
  const [load, workers] = await Promise.all([
    putUnderLoad(lab, signal),
    sample(signal, 0.3, async () =>
      workersIn((await lab.kubernetes.get<{ items: V1Node[] }>('/api/v1/nodes', { timeoutSeconds: 2 })).items),
    ),
  ]);
  return { load, workers };
};

/** Nodes but controllers: those take no pods of the app anyway. */
export function workersIn(nodes: readonly V1Node[]): Workers {
  const workers = nodes.filter(({ metadata }) => metadata?.name?.startsWith('w'));
  const names = (wanted: (node: V1Node) => boolean): string[] =>
    workers.filter(wanted).map(({ metadata }) => metadata?.name ?? '');
  return {
    cordoned: names(({ spec }) => spec?.unschedulable ?? false),
    notReady: names(({ status }) => !isTrue(status?.conditions, 'Ready')),
  };
}

/** @throws where nobody looked. */
export function workersSeen(observed: unknown): readonly Sample<Workers>[] {
  const { workers = [] } = (observed as Partial<Outage> | undefined) ?? {};
  if (workers.length === 0) throw new Error('nobody looked');
  return workers;
}
