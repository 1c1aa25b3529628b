import { KubernetesError } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';

/** Whether the API server says that the cluster has no DNS of its own: then its keys were lost. Throws where it says nothing. */
export async function isWithoutDns(
  lab: Lab,
  options: { timeoutSeconds?: number; signal?: AbortSignal | undefined } = {},
): Promise<boolean> {
  try {
    await lab.kubernetes.get('/apis/apps/v1/namespaces/kube-system/deployments/coredns', options);
    return false;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return true;
    throw error;
  }
}
