import type { Lab } from '../lab.ts';

export interface Lease {
  spec?: { acquireTime?: string; renewTime?: string };
}

/** Programs of the control plane of which one instance works, and holds a lock while it does. */
const leading = ['kube-controller-manager', 'kube-scheduler'] as const;

/**
 * Which of them has not shown since then that it works. One that was started anew waits until the lock of the one before it
 * runs out (6 s here, 15 s usually). Meanwhile no pod is replaced, and a Service goes on naming pods that end.
 * @param since seconds since 1970
 * @throws what `Kubernetes.get` throws.
 */
export async function notLeadingSince(lab: Lab, since: number, signal?: AbortSignal): Promise<string | undefined> {
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const leases = await Promise.all(leading.map((name) => lab.kubernetes.get<Lease>(`${path}/${name}`, { signal })));
  return leading.find((_, index) => !hasLedSince(leases[index] ?? {}, since));
}

/** Whether a lock was renewed since then, and not only taken: who takes it has yet to read what there is. */
export function hasLedSince({ spec }: Lease, since: number): boolean {
  const renewed = secondsOf(spec?.renewTime);
  return renewed > since && renewed > secondsOf(spec?.acquireTime);
}

const secondsOf = (time: string | undefined): number => Date.parse(time ?? '') / 1000 || 0;
