import { join } from 'node:path';
import { takeLock } from '../system/lock.ts';
import type { ActionReporter } from './acting.ts';

interface LabLockOptions {
  signal?: AbortSignal | undefined;
  /** Told of another firedrill that is waited for. */
  reporter?: ActionReporter;
}

/** Does what changes a lab while no other firedrill changes it: waits for that one first. @throws Interrupted. */
export async function withLabLock<T>(
  labFolder: string,
  { signal, reporter }: LabLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const unlock = await takeLock(join(labFolder, 'lock'), {
    signal,
    onWait: ({ pid }) => {
      reporter?.action(`Another firedrill works on this lab (process ${pid}): wait for it`).done();
    },
  });
  try {
    return await work();
  } finally {
    await unlock();
  }
}
