import type { V1Pod } from '@kubernetes/client-node';
import { isReadyPod } from '../../scripts/checks/workloads.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { sample, type Sample } from '../sampling.ts';
import { visit, type Visit } from './visitor.ts';

/** What is observed beside a step: either or both. */
interface Observed {
  visits?: readonly Visit[];
  readyPods?: readonly Sample<number>[];
}

type Observe = (lab: Lab, signal: AbortSignal) => Promise<Observed>;

/** How many pods with these labels are ready, five times a second. */
export const observeReadyPods =
  (selector: string): Observe =>
  async (lab, signal) => {
    const path = `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(selector)}`;
    const readyPods = await sample(signal, 0.2, async () => {
      const { items } = await lab.kubernetes.get<{ items: V1Pod[] }>(path);
      return items.filter(isReadyPod).length;
    });
    return { readyPods };
  };

export const observeBoth =
  (selector: string): Observe =>
  async (lab, signal) => {
    const [visits, readyPods] = await Promise.all([visit(lab, signal), observeReadyPods(selector)(lab, signal)]);
    return { visits, ...readyPods };
  };

export const readyPodsIn = (observed: unknown): readonly Sample<number>[] =>
  (observed as Observed | undefined)?.readyPods ?? [];
