import { join } from 'node:path';
import { labFolder } from '../system/folders.ts';
import { withLock, type Process } from '../system/lock.ts';
import type { ActionReporter } from './acting.ts';
import { vagrantEnvironment } from './vagrant.ts';
import { outliveOrphans } from './vagrant-orphans.ts';

interface LabLockOptions {
  signal?: AbortSignal | undefined;
  /** Told of what is waited for. */
  reporter?: ActionReporter;
  /** Seconds that a Vagrant of a run that was killed is given to end its work, then it is ended; default 20. */
  orphanSeconds?: number;
}

/**
 * Does what changes a lab while nobody else changes it: no other firedrill, and no Vagrant that outlived one. What such a
 * Vagrant does between a look at the machines and the next Vagrant's start would be in that one's way: ports taken, a
 * machine that was not there.
 * @throws Interrupted.
 */
export async function withLabLock<T>(
  labName: string,
  { signal, reporter, orphanSeconds = 20 }: LabLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const options = {
    signal,
    onWait: ({ pid }: Process) => {
      reporter?.action(`Another firedrill works on this lab (process ${pid}): wait for it`).done();
    },
  };
  return withLock(join(labFolder(labName), 'lock'), options, async () => {
    await outliveOrphans(vagrantEnvironment(labName), {
      seconds: orphanSeconds,
      signal,
      onWait: () => reporter?.action('A vagrant of a run that was killed is still at work: wait for it').done(),
    });
    return work();
  });
}
