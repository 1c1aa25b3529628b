import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { waitUntil } from '../system/wait.ts';
import { vagrantHome } from './vagrant-link.ts';

export interface OrphanOptions {
  /** Seconds that they are given to end their work. */
  seconds: number;
  signal?: AbortSignal | undefined;
  /** Called once, where there are any and they are waited for. */
  onWait?: (() => void) | undefined;
}

/**
 * Waits until no Vagrant of a lab works that outlived the firedrill that ran it, and ends those that do not end in time: one
 * whose output nobody reads any more may hang for ever, with a machine locked. Call it only with the lab's lock: then no other
 * firedrill has one at work. Does nothing where there is no /proc.
 * @param environment how firedrill runs Vagrant for this lab: `vagrantEnvironment`
 * @throws Interrupted.
 */
export async function outliveOrphans(
  environment: Readonly<Record<string, string>>,
  { seconds, signal, onWait }: OrphanOptions,
): Promise<void> {
  if ((await orphansOf(environment)).length === 0) return;
  const none = async () => (await orphansOf(environment)).length === 0;
  const what = 'a vagrant of a run that was killed has ended';
  if (seconds > 0) {
    onWait?.();
    try {
      await waitUntil(none, { what, deadlineSeconds: seconds, signal });
      return;
    } catch (error) {
      if (!(error instanceof FiredrillError)) throw error;
    }
  }
  for (const pid of await orphansOf(environment)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  await waitUntil(none, { what, deadlineSeconds: 10, signal });
}

/**
 * Takes away the leases of ports of 127.0.0.1 that a Vagrant left when it was killed: for a minute, the next one would call
 * the ports taken. Call it only with the lab's lock, and when nobody listens on the ports.
 * (Vagrant 2.3.4, lib/vagrant/action/builtin/handle_forwarded_port_collisions.rb: a file for each port.)
 */
export async function forgetPortLeases(labName: string, ports: readonly number[]): Promise<void> {
  const leases = join(vagrantHome(labName), 'data', 'fp-leases');
  await Promise.all(ports.map((port) => rm(join(leases, `127_0_0_1_${port}`), { force: true })));
}

async function orphansOf(environment: Readonly<Record<string, string>>): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const looks = await Promise.all(pids.map((pid) => isOrphan(pid, environment)));
  return pids.filter((_, index) => looks[index]).map(Number);
}

/** What Vagrant runs has its environment: a `docker run` that outlives it makes a machine, too. */
async function isOrphan(pid: string, environment: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const variables = new Set((await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0'));
    return Object.entries(environment).every(([name, value]) => variables.has(`${name}=${value}`));
  } catch {
    // Ended, or somebody else's.
    return false;
  }
}
