import { posix } from 'node:path';
import { patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import { runsKubelet } from '../layout.ts';
import { kubectl } from '../scale/kubectl.ts';
import { cordonMark, uncordonNode } from '../upgrade/drain.ts';

/** Namespaces that Kubernetes itself makes. */
export const ownNamespaces = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

interface List {
  items: {
    metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
    spec?: { unschedulable?: boolean; taints?: { key: string }[] };
  }[];
}

/** What stays of an app. */
export interface Kept {
  /** API paths of its objects. */
  paths: readonly string[];
  /** What its pods, and what makes them, have in the label `app`. */
  labels: readonly string[];
}

/**
 * Removes what somebody made on the cluster beside the lessons: objects in `default`, namespaces, cordons, taints.
 * The toolbox stays, and what is to be kept.
 */
export async function removeLeftovers(lab: Lab, kept: Kept = { paths: [], labels: [] }): Promise<void> {
  await Promise.all([removeObjects(lab, kept), removeNamespaces(lab), openNodes(lab)]);
}

/** Asked of the API server itself: five kubectl cost seconds. */
async function removeObjects(lab: Lab, kept: Kept): Promise<void> {
  const remove = (collection: string, labels: string, options: Record<string, string> = {}): Promise<void> => {
    const names = [...ownPaths, ...kept.paths]
      .filter((path) => posix.dirname(path) === collection)
      .map((path) => `metadata.name!=${posix.basename(path)}`);
    const query = new URLSearchParams({ fieldSelector: names.join(','), labelSelector: labels, ...options });
    return lab.kubernetes.remove(`${collection}?${query}`);
  };
  // Nobody waits for a goodbye of pods.
  const atOnce = { propagationPolicy: 'Background', gracePeriodSeconds: '1' };
  // Whatever would replace others goes before them; it takes what it made with it.
  for (const collection of makers) await remove(collection, 'app!=toolbox', atOnce);
  for (const collection of made) await remove(collection, `app notin (${['toolbox', ...kept.labels].join()})`, atOnce);
  await Promise.all(others.map((collection) => remove(collection, '')));
}

const inDefault = (group: string, kinds: readonly string[]): string[] =>
  kinds.map((kind) => `${group}/namespaces/default/${kind}`);
/** What Kubernetes itself keeps there. */
const ownPaths = inDefault('/api/v1', ['services/kubernetes', 'configmaps/kube-root-ca.crt']);
const makers = [
  ...inDefault('/apis/apps/v1', ['deployments', 'statefulsets', 'daemonsets']),
  ...inDefault('/apis/batch/v1', ['cronjobs', 'jobs']),
];
const made = [...inDefault('/apis/apps/v1', ['replicasets']), ...inDefault('/api/v1', ['pods'])];
const others = [
  ...inDefault('/api/v1', ['persistentvolumeclaims', 'services', 'configmaps', 'secrets']),
  ...inDefault('/apis/policy/v1', ['poddisruptionbudgets']),
  ...inDefault('/apis/networking.k8s.io/v1', ['ingresses']),
  '/api/v1/persistentvolumes',
];

async function removeNamespaces(lab: Lab): Promise<void> {
  const { items } = await lab.kubernetes.get<List>('/api/v1/namespaces', { timeoutSeconds: patientSeconds });
  const foreign = items.map(({ metadata }) => metadata.name).filter((name) => !ownNamespaces.has(name));
  if (foreign.length > 0) {
    await kubectl(lab, ['delete', 'namespace', ...foreign, '--wait=false']);
  }
}

/** Uncordons every node and takes away taints that the lab did not give it. */
async function openNodes(lab: Lab): Promise<void> {
  const { items } = await lab.kubernetes.get<List>('/api/v1/nodes', { timeoutSeconds: patientSeconds });
  const machines = new Map(lab.layout.machines.filter(runsKubelet).map((machine) => [machine.name, machine]));
  for (const { metadata, spec } of items) {
    if (!machines.has(metadata.name)) continue;
    if (metadata.annotations?.[cordonMark] !== undefined) await uncordonNode(lab, metadata.name);
    else if (spec?.unschedulable) await kubectl(lab, ['uncordon', metadata.name]);
    const foreign = (spec?.taints ?? []).filter(
      ({ key }) => key !== 'node-role.kubernetes.io/control-plane' && !key.startsWith('node.kubernetes.io/'),
    );
    for (const { key } of foreign) await kubectl(lab, ['taint', 'node', metadata.name, `${key}-`]);
  }
}
