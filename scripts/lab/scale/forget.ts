import { patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import { joins } from '../layout.ts';
import { bootstrapBinding, joinerLabel } from './access.ts';
import type { Pod } from '../budgets.ts';
import { kubectl } from './kubectl.ts';
import { nodeOf, type CertificateRequest } from './requests.ts';
import { absentJoiners } from './workers.ts';

interface Item {
  metadata: { name: string; labels?: Record<string, string> };
}

/**
 * Removes what the cluster still knows of workers that the lab has no more: nodes, the pods on them, certificate requests,
 * tokens, rights. Asks first, so that it costs little where there is nothing.
 * @returns what was there, in words.
 */
export async function forgetAbsentJoiners(lab: Lab, signal?: AbortSignal): Promise<string[]> {
  return forgetInCluster(lab, absentJoiners(lab.layout), signal);
}

/** The same for machines that are about to be removed. */
export async function forgetInCluster(
  lab: Lab,
  machines: readonly { name: string }[],
  signal?: AbortSignal,
): Promise<string[]> {
  const gone = new Set(machines.map(({ name }) => name));
  const items = async <T>(path: string): Promise<T[]> =>
    (await lab.kubernetes.get<{ items: T[] }>(path, { timeoutSeconds: patientSeconds })).items;
  const remove = async (kind: string, found: readonly Item[], ...flags: string[]): Promise<void> => {
    if (found.length === 0) return;
    const names = found.map(({ metadata }) => metadata.name);
    await kubectl(lab, ['delete', kind, ...names, '--ignore-not-found', ...flags], { signal });
  };
  const isOfGone = ({ metadata }: Item): boolean => gone.has(metadata.labels?.[joinerLabel] ?? '');
  const labelled = `labelSelector=${encodeURIComponent(joinerLabel)}`;
  const rbac = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

  const nodes = (await items<Item>('/api/v1/nodes')).filter(({ metadata }) => gone.has(metadata.name));
  // The node first: while it exists, the controller of a DaemonSet makes its pods anew.
  await remove('nodes', nodes);
  const pods = (await items<Pod>('/api/v1/pods')).filter(({ spec }) => gone.has(spec?.nodeName ?? ''));
  for (const [namespace, its] of Object.entries(Object.groupBy(pods, ({ metadata }) => metadata.namespace))) {
    // Nobody is left to say that they ended. Kubernetes would wait for a minute, and send them connections meanwhile.
    await remove('pods', its ?? [], '--namespace', namespace, '--force', '--grace-period=0');
  }
  const allRequests = await items<CertificateRequest>('/apis/certificates.k8s.io/v1/certificatesigningrequests');
  const requests = allRequests.filter((request) => gone.has(nodeOf(request) ?? ''));
  await remove('certificatesigningrequests', requests);
  const secrets = (await items<Item>(`/api/v1/namespaces/kube-system/secrets?${labelled}`)).filter(isOfGone);
  await remove('secrets', secrets, '--namespace', 'kube-system');
  const bindings = (await items<Item>(`${rbac}?${labelled}`)).filter(isOfGone);
  const isLast = bindings.length > 0 && !lab.layout.machines.some((one) => joins(one) && !gone.has(one.name));
  const shared = isLast ? [{ metadata: { name: bootstrapBinding } }] : [];
  await remove('clusterrolebindings', [...bindings, ...shared]);
  return [...nodes, ...requests, ...secrets].map(({ metadata }) => `the cluster still knew ${metadata.name}`);
}
