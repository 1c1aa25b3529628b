import type { Lab } from '../lab.ts';
import { onAll } from './on-all.ts';

const endLeadersScript = 'pkill -9 kube-controller; pkill -9 -x kube-scheduler';

/** Kills API server, controller-manager and scheduler of each controller. */
export const endControlPlane = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onControllers(lab, `pkill -9 -x kube-apiserver; ${endLeadersScript}; true`, signal);

/** Kills those that keep in mind what they have seen of the cluster, and act on it: controller-manager and scheduler. */
export const endLeaders = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onControllers(lab, `${endLeadersScript}; true`, signal);

/** Starts the kubelet of each controller, and with it the control plane. */
export const startControlPlane = (lab: Lab, signal?: AbortSignal): Promise<void> =>
  onControllers(lab, 'systemctl start --no-block kubelet', signal);

const onControllers = (lab: Lab, script: string, signal?: AbortSignal): Promise<void> =>
  onAll(lab, lab.machinesWithRole('controller'), script, signal);
