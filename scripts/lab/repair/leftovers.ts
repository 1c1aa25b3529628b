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
  const kinds =
    'deployments,statefulsets,daemonsets,replicasets,jobs,cronjobs,pods,persistentvolumeclaims,poddisruptionbudgets,ingresses';
  const commands = [
    `kubectl delete ${kinds} --namespace default --selector 'app!=toolbox' --wait=false --ignore-not-found`,
    `kubectl delete services --namespace default --field-selector metadata.name!=kubernetes --wait=false`,
    `kubectl delete configmaps --namespace default --field-selector metadata.name!=kube-root-ca.crt --wait=false`,
    `kubectl delete secrets --namespace default --all --wait=false`,
    `kubectl delete persistentvolumes --all --wait=false`,
  ];
  await Promise.all([
    ...commands.map((command) => lab.onHost(command, { timeoutSeconds: 30 })),
    removeNamespaces(lab),
    openNodes(lab),
  ]);
}

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
