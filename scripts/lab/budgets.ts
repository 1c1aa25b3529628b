import { quoted } from '../system/run.ts';
import type { Lab } from './lab.ts';

type Labels = Readonly<Record<string, string>>;

interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** A PodDisruptionBudget, as far as it is looked at. */
export interface Budget {
  metadata: { name: string; namespace: string };
  spec: { selector?: Selector };
  status?: { disruptionsAllowed: number; desiredHealthy: number; currentHealthy: number };
}

export interface Pod {
  metadata: {
    name: string;
    namespace: string;
    labels?: Labels;
    annotations?: Labels;
    deletionTimestamp?: string;
    ownerReferences?: { kind: string }[];
  };
  spec?: { nodeName?: string };
  status?: { phase?: string };
}

/** The budgets that keep pods on a node, in words, with the pods; undefined where none does. */
export async function whatHolds(lab: Lab, node: string): Promise<string | undefined> {
  const onNode = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
  const [pods, budgets] = await Promise.all([
    lab.kubernetes.get<{ items: Pod[] }>(onNode),
    lab.kubernetes.get<{ items: Budget[] }>('/apis/policy/v1/poddisruptionbudgets'),
  ]);
  return holdUps(pods.items, budgets.items);
}

export function holdUps(pods: readonly Pod[], budgets: readonly Budget[]): string | undefined {
  const held = budgets
    .filter(({ status }) => (status?.disruptionsAllowed ?? 0) < 1)
    .flatMap((budget) => {
      const its = pods.filter((pod) => isEvicted(pod) && covers(budget, pod)).map(({ metadata }) => metadata.name);
      return its.length === 0 ? [] : [`${inWords(budget)}: ${its.join(', ')} cannot go`];
    });
  return held.length === 0 ? undefined : held.join('; ');
}

function inWords({ metadata, status }: Budget): string {
  const { namespace, name } = metadata;
  const state = status
    ? `needs ${status.desiredHealthy} healthy pods, and there are ${status.currentHealthy}`
    : 'has not been looked at by Kubernetes yet';
  return `the disruption budget ${quoted(name)} in ${quoted(namespace)} ${state}`;
}

/** Whether a drain asks for this pod to go, and it has not begun to: pods of DaemonSets and static pods stay. */
const isEvicted = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  !['Succeeded', 'Failed'].includes(status?.phase ?? '') &&
  metadata.annotations?.['kubernetes.io/config.mirror'] === undefined &&
  !metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet');

/** In policy/v1 a selector without a condition takes every pod of the namespace, and no selector takes none. */
function covers({ metadata, spec }: Budget, pod: Pod): boolean {
  const { selector } = spec;
  if (!selector || metadata.namespace !== pod.metadata.namespace) return false;
  const labels = pod.metadata.labels ?? {};
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}
