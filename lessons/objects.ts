import type { Lab } from '../scripts/lab/lab.ts';

// A `reset` cleans up after every lesson, mostly where there is nothing. So the API server itself is asked first: one
// kubectl costs as much as fifty requests.

interface Node {
  metadata: { name: string; labels?: Record<string, string> };
  spec: { unschedulable?: boolean };
}

/** Removes ConfigMaps of `default`, such as the answers that a lesson asked for. */
export const forgetConfigMaps = (lab: Lab, ...names: readonly string[]): Promise<void> =>
  forget(lab, ...names.map((name) => `/api/v1/namespaces/default/configmaps/${name}`));

/**
 * Removes what these API paths name. Without an API server there is nothing to remove: the baseline says what is wrong,
 * and a reset brings it back.
 */
export async function forget(lab: Lab, ...paths: readonly string[]): Promise<void> {
  if (await lab.kubernetes.ready(3)) await Promise.all(paths.map((path) => lab.kubernetes.remove(path)));
}

/** Takes a label off every node that has it. */
export async function forgetLabel(lab: Lab, key: string): Promise<void> {
  const labelled = await nodesThat(lab, ({ metadata }) => metadata.labels?.[key] !== undefined);
  if (labelled.length > 0) await lab.onHost(`kubectl label node ${labelled.join(' ')} ${key}-`);
}

/** Lets every node take pods again. */
export async function uncordonAll(lab: Lab): Promise<void> {
  const cordoned = await nodesThat(lab, ({ spec }) => spec.unschedulable ?? false);
  if (cordoned.length > 0) await lab.onHost(`kubectl uncordon ${cordoned.join(' ')}`);
}

async function nodesThat(lab: Lab, are: (node: Node) => boolean): Promise<string[]> {
  if (!(await lab.kubernetes.ready(3))) return [];
  const { items } = await lab.kubernetes.get<{ items: Node[] }>('/api/v1/nodes');
  return items.filter(are).map(({ metadata }) => metadata.name);
}

/** Where the API server has the objects of these kinds that are in `default`, or in no namespace. */
const collections: Readonly<Record<string, string>> = {
  Deployment: '/apis/apps/v1/namespaces/default/deployments',
  StatefulSet: '/apis/apps/v1/namespaces/default/statefulsets',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
  Service: '/api/v1/namespaces/default/services',
  PersistentVolumeClaim: '/api/v1/namespaces/default/persistentvolumeclaims',
  PersistentVolume: '/api/v1/persistentvolumes',
};

/** API path of each object of a manifest. @throws Error where it has an object of another kind. */
export async function pathsOf(manifest: string): Promise<string[]> {
  const { parseAllDocuments } = await import('yaml');
  return parseAllDocuments(manifest).map((document) => {
    const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } };
    const collection = collections[kind];
    if (collection === undefined) throw new Error(`nobody knows where objects of kind ${kind} are`);
    return `${collection}/${metadata.name}`;
  });
}
