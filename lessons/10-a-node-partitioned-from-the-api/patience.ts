import type { V1Pod } from '@kubernetes/client-node';
import type { Lab } from '../../scripts/lab/lab.ts';

/** A number of seconds as somebody may write it: `16`, `16s`, `16 s`. */
export const inSeconds =
  (read: (lab: Lab) => Promise<string | undefined>) =>
  async (lab: Lab): Promise<string[] | undefined> => {
    const seconds = await read(lab);
    return seconds === undefined ? undefined : [seconds, `${seconds}s`, `${seconds} s`];
  };

/** Seconds that a pod of the guestbook stays on a node that is unreachable, as the pod itself says. */
export async function patienceOfPods(lab: Lab): Promise<string | undefined> {
  const { items } = await lab.kubernetes.get<{ items: V1Pod[] }>(
    '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook',
  );
  return tolerationIn(items[0]);
}

export function tolerationIn(pod: V1Pod | undefined): string | undefined {
  const found = pod?.spec?.tolerations?.find(({ key }) => key === 'node.kubernetes.io/unreachable');
  return found?.tolerationSeconds === undefined ? undefined : String(found.tolerationSeconds);
}

/** Seconds of silence after which the controller-manager calls a node NotReady, as it was told at its start. */
export async function patienceWithNodes(lab: Lab): Promise<string | undefined> {
  const [controller] = lab.machinesWithRole('controller');
  const path = `/api/v1/namespaces/kube-system/pods/kube-controller-manager-${controller?.name ?? ''}`;
  return gracePeriodIn(await lab.kubernetes.get<V1Pod>(path));
}

export function gracePeriodIn(pod: V1Pod): string | undefined {
  const words = pod.spec?.containers.flatMap(({ command = [], args = [] }) => [...command, ...args]) ?? [];
  return words
    .map((word) => /^--node-monitor-grace-period=(\d+)s$/.exec(word)?.[1])
    .find((found) => found !== undefined);
}
