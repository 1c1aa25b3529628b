import { moveFile } from '../../scripts/faults/move-file.ts';
import type { Fault } from '../../scripts/faults/fault.ts';

/** A part of the control plane stops, because its manifest lies one folder higher. The title does not say which one. */
export const takeAway = (part: 'kube-scheduler' | 'kube-controller-manager'): Fault => ({
  ...moveFile('c1', `/etc/kubernetes/manifests/${part}.yaml`, `/etc/kubernetes/${part}.yaml`),
  title: 'somebody in the control plane is not at work',
});

/** Its pod as the API server shows it. */
export const mirrorOf = (part: string): string => `${part}-c1`;
