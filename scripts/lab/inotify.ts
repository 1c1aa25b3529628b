import { FiredrillError } from '../system/errors.ts';
import { readIfThere } from '../system/files.ts';
import { hasRole, runsKubelet, type Machine } from './layout.ts';

/** The kernel's limit of inotify instances (what watches files for a program) for all programs of one user. */
export const inotifyLimitPath = '/proc/sys/fs/inotify/max_user_instances';

/** What setup raises it to: several of the largest labs. Many systems come with 128. */
export const wantedInotifyLimit = 512;

/** Below this the largest lab (two controllers, nine workers: 194) does not fit, and setup raises the limit. */
export const leastInotifyLimit = 256;

/**
 * Inotify instances that machines use, counted on a lab: systemd 3 and dbus 1; containerd 2, kubelet 7 and kube-proxy 1;
 * API server 6, controller-manager up to 6, scheduler 1 and some to spare. In containers they all count as root's.
 */
export function inotifyInstances(machines: readonly Machine[]): number {
  const of = (machine: Machine) => 4 + (runsKubelet(machine) ? 10 : 0) + (hasRole(machine, 'controller') ? 14 : 0);
  return machines.reduce((sum, machine) => sum + of(machine), 0);
}

/**
 * A kubelet or a containerd that gets no instance does not work, and says so only in its journal.
 * @throws FiredrillError `inotify-limit` where the machines, all that the lab will have, can't get as many as they use.
 */
export async function requireInotify(machines: readonly Machine[]): Promise<void> {
  // No such file: another system, where docker has a kernel of its own.
  const text = await readIfThere(inotifyLimitPath).catch(() => undefined);
  if (text === undefined || Number(text) >= inotifyInstances(machines)) return;
  throw new FiredrillError(
    `${machines.length} machines watch files by ${inotifyInstances(machines)} inotify instances, and this computer allows ${text.trim()}.`,
    {
      code: 'inotify-limit',
      remedy: `Run 'npx firedrill setup', or 'sudo sysctl fs.inotify.max_user_instances=${wantedInotifyLimit}'.`,
    },
  );
}
