import type { Lab } from '../lab.ts';
import { runsKubelet } from '../layout.ts';

/**
 * Starts kubelets, kube-proxies and CoreDNS anew, after the API server was away: they would ask it again only after up to a
 * minute (client-go's reflector doubles its pause each time, up to 30 s, and adds as much again by chance). And a kubelet
 * that has ended a pod in a lost world takes the same pod of a restored one for ended too
 * (https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#restoring-an-etcd-cluster).
 * A kubelet that has just begun brings a container back at once: it knows of no earlier failure to wait for.
 */
export async function restartAgents(lab: Lab, signal?: AbortSignal): Promise<void> {
  const nodes = lab.layout.machines.filter(runsKubelet);
  const restart = 'pkill -9 -x coredns; systemctl restart --no-block kubelet kube-proxy';
  await Promise.all(nodes.map(({ name }) => lab.on(name, restart, { signal })));
}
