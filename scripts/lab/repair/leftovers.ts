import type { Lab } from '../lab.ts';
import { runsKubelet } from '../layout.ts';
import { cordonMark, uncordonNode } from '../upgrade/drain.ts';

/** Namespaces that Kubernetes itself makes. */
export const ownNamespaces = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

interface List {
  items: {
    metadata: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> };
    spec?: { unschedulable?: boolean; taints?: { key: string }[] };
  }[];
}

/**
 * Removes what somebody made on the cluster beside the lessons: objects in `default`, namespaces, cordons, taints.
 * The toolbox stays.
 */
export async function removeLeftovers(lab: Lab): Promise<void> {
  await Promise.all([removeObjects(lab), removeNamespaces(lab), openNodes(lab)]);
}

/** Asked of the API server itself: five kubectl cost seconds. */
async function removeObjects(lab: Lab): Promise<void> {
  const but = (names: string): string => `?fieldSelector=metadata.name!%3D${names}`;
  // Whatever would replace others goes before them; it takes what it made with it. Nobody waits for a goodbye of pods.
  for (const path of workloads) {
    await lab.kubernetes.remove(
      `${path}?labelSelector=app!%3Dtoolbox&propagationPolicy=Background&gracePeriodSeconds=1`,
    );
  }
  await Promise.all([
    lab.kubernetes.remove(`${inDefault('/api/v1')}/services${but('kubernetes')}`),
    lab.kubernetes.remove(`${inDefault('/api/v1')}/configmaps${but('kube-root-ca.crt')}`),
    lab.kubernetes.remove(`${inDefault('/api/v1')}/secrets`),
    lab.kubernetes.remove('/api/v1/persistentvolumes'),
  ]);
}

const inDefault = (group: string): string => `${group}/namespaces/default`;
const workloads = [
  ...['deployments', 'statefulsets', 'daemonsets'].map((kind) => `${inDefault('/apis/apps/v1')}/${kind}`),
  ...['cronjobs', 'jobs'].map((kind) => `${inDefault('/apis/batch/v1')}/${kind}`),
  `${inDefault('/apis/apps/v1')}/replicasets`,
  ...['pods', 'persistentvolumeclaims'].map((kind) => `${inDefault('/api/v1')}/${kind}`),
  `${inDefault('/apis/policy/v1')}/poddisruptionbudgets`,
  `${inDefault('/apis/networking.k8s.io/v1')}/ingresses`,
];

async function removeNamespaces(lab: Lab): Promise<void> {
  const { items } = await lab.kubernetes.get<List>('/api/v1/namespaces');
  const foreign = items.map(({ metadata }) => metadata.name).filter((name) => !ownNamespaces.has(name));
  if (foreign.length > 0) {
    await lab.onHost(`kubectl delete namespace ${foreign.join(' ')} --wait=false`, { timeoutSeconds: 30 });
  }
}

/** Uncordons every node and takes away taints that the lab did not give it. */
async function openNodes(lab: Lab): Promise<void> {
  const { items } = await lab.kubernetes.get<List>('/api/v1/nodes');
  const machines = new Map(lab.layout.machines.filter(runsKubelet).map((machine) => [machine.name, machine]));
  for (const { metadata, spec } of items) {
    if (!machines.has(metadata.name)) continue;
    if (metadata.annotations?.[cordonMark] !== undefined) await uncordonNode(lab, metadata.name);
    else if (spec?.unschedulable) await lab.onHost(`kubectl uncordon ${metadata.name}`);
    const foreign = (spec?.taints ?? []).filter(
      ({ key }) => key !== 'node-role.kubernetes.io/control-plane' && !key.startsWith('node.kubernetes.io/'),
    );
    for (const { key } of foreign) await lab.onHost(`kubectl taint node ${metadata.name} ${key}-`);
  }
}
