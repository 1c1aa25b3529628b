import type { Lab } from '../lab.ts';
import { runsKubelet } from '../layout.ts';
import { onAll } from './on-all.ts';

// What watches the API server asks one that was away again only after up to a minute: client-go's reflector doubles its pause
// each time, up to 30 s, and adds as much again by chance. It forgets that only after two minutes without a failure.

/**
 * Starts kubelets, kube-proxies and CoreDNS anew, after the API server was away. A kubelet that has ended a pod in a lost
 * world would also take the same pod of a restored one for ended
 * (https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#restoring-an-etcd-cluster).
 * One that has just begun brings a container back at once: it knows of no earlier failure to wait for.
 */
export const restartAgents = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onNodes(lab, 'pkill -9 -x coredns; systemctl restart --no-block kubelet kube-proxy', signal);

/**
 * Stops kubelets and kube-proxies while the world that they know is replaced: until `restartAgents` they would ask for it, and
 * a kubelet would go on ending pods of a lost one. Containers go on running.
 */
export const stopAgents = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onNodes(lab, 'systemctl stop kubelet kube-proxy', signal);

/** The same for the kubelets alone, where kube-proxies may watch how one world follows another. */
export const stopKubelets = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onNodes(lab, 'systemctl stop kubelet', signal);

/** Starts kubelets that were stopped. */
export const startKubelets = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onNodes(lab, 'systemctl start --no-block kubelet', signal);

/** Starts the kubelets alone anew, and waits until they have begun: before an API server is made to go away once more. */
export const restartKubelets = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onNodes(lab, 'systemctl restart kubelet', signal);

const onNodes = (lab: Lab, script: string, signal?: AbortSignal): Promise<void> =>
  onAll(lab, lab.layout.machines.filter(runsKubelet), script, signal);
