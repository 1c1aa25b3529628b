import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { visit, type Visit } from '../02-run-an-app/visitor.ts';
import { sample, within, type Sample } from '../sampling.ts';
import { failedVisits } from './api-server-drill.ts';
import { mirrorOf } from './missing.ts';

interface Count {
  /** Whether the controller-manager's pod is there. */
  managed: boolean;
  /** Pods of the guestbook that nobody has deleted. */
  pods: number;
  /** What the Deployment says of them. */
  ready: number;
}

interface Unmanaged {
  visits: readonly Visit[];
  counts: readonly Sample<Count>[];
}

const names = (pods: readonly V1Pod[]): string[] => pods.map((pod) => pod.metadata?.name ?? '');

export const observeUnmanaged = async (lab: Lab, signal: AbortSignal): Promise<Unmanaged> => {
  const [visits, counts] = await Promise.all([
    visit(lab, signal),
    sample(signal, 0.5, async (): Promise<Count> => {
      const [guestbook, system, deployment] = await Promise.all([
        lab.kubernetes.get<{ items: V1Pod[] }>('/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook', {
          signal,
        }),
        lab.kubernetes.get<{ items: V1Pod[] }>('/api/v1/namespaces/kube-system/pods', { signal }),
        lab.kubernetes.get<V1Deployment>('/apis/apps/v1/namespaces/default/deployments/guestbook', { signal }),
      ]);
      return {
        managed: names(system.items).includes(mirrorOf('kube-controller-manager')),
        pods: guestbook.items.filter((pod) => pod.metadata?.deletionTimestamp === undefined).length,
        ready: deployment.status?.readyReplicas ?? 0,
      };
    }),
  ]);
  return { visits, counts };
};

/** The looks at a guestbook that had lost a pod, while nobody managed. */
function countsOfALoss({ observed, startedAt, metAt }: DrillFacts): Count[] {
  const counts = (observed as Unmanaged | undefined)?.counts ?? [];
  const unmanaged = within<Count>(counts, startedAt, metAt).filter(({ managed }) => !managed);
  // Whoever is quick deletes a pod before anybody has looked for the first time since nobody managed: before that counts, too.
  const full = Math.max(0, ...counts.map(({ saw }) => saw.pods));
  const firstLoss = unmanaged.findIndex(({ pods }) => pods < full);
  if (firstLoss < 0) throw new Error('no pod of the guestbook was deleted meanwhile');
  return unmanaged.slice(firstLoss);
}

const deletedPod: Prediction = {
  kind: 'choice',
  id: 'deleted-pod',
  question: 'You delete a pod of the guestbook meanwhile. What becomes of it?',
  choices: [
    { value: 'replaced', says: 'it is replaced, as always' },
    { value: 'kept', says: 'it is not deleted at all' },
    { value: 'missing', says: 'it is deleted, and not replaced' },
  ],
  expected: ['missing'],
  measure(_lab, facts) {
    const counts = countsOfALoss(facts);
    const [first, last] = [counts[0]?.pods ?? 0, counts.at(-1)?.pods ?? 0];
    const saw = `${first} pods after the loss, and ${last} when somebody was at work again`;
    return Promise.resolve({ value: last > first ? 'replaced' : 'missing', saw });
  },
};

const whatItSays: Prediction = {
  kind: 'choice',
  id: 'what-it-says',
  question: "And what does 'kubectl get deployment guestbook' say then?",
  choices: [
    { value: 'missing', says: 'READY 3/4: one is missing' },
    { value: 'well', says: 'READY 4/4: all is well' },
    { value: 'nothing', says: 'it says that nobody manages it' },
  ],
  expected: ['well'],
  measure(_lab, facts) {
    const last = countsOfALoss(facts).at(-1);
    if (!last) throw new Error('nobody looked');
    const value = last.ready > last.pods ? 'well' : 'missing';
    return Promise.resolve({ value, saw: `there were ${last.pods} pods, and it said ${last.ready} are ready` });
  },
};

export const controllerBets: readonly Prediction[] = [
  deletedPod,
  whatItSays,
  failedVisits('visits-controller', 'How many visits to the guestbook fail meanwhile?', ['some']),
];
