import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from './errors.ts';
import { readIfThere } from './files.ts';
import { statOf } from './proc-stat.ts';

export interface Process {
  pid: number;
  /** When that process started, as the kernel counts it: a pid alone may be given to another process. */
  started: string;
}

export interface LockOwner extends Process {
  /** When the lock was taken, ISO 8601. */
  since: string;
}

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once for each owner that is waited for. */
  onWait?: (owner: LockOwner) => void;
  /** Milliseconds between two looks; default 300. */
  pollMilliseconds?: number;
}

/**
 * Takes a lock file; waits while its owner lives, and takes it over from an owner that died.
 * @returns what gives it back. @throws Interrupted.
 */
export async function takeLock(path: string, options: LockOptions = {}): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const mine = JSON.stringify({
    ...(await thisProcess()),
    since: new Date().toISOString(),
  } satisfies LockOwner);
  const ticket = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(ticket, mine);
    let waitedFor = '';
    for (;;) {
      options.signal?.throwIfAborted();
      if (await linked(ticket, path)) {
        return async () => {
          await rm(path, { force: true });
        };
      }
      const held = await readIfThere(path);
      if (held === undefined) continue;
      const owner = await livingOwnerOf(held);
      if (!owner) {
        await takeAway(path, held, ticket);
        continue;
      }
      if (waitedFor !== held) options.onWait?.(owner);
      waitedFor = held;
      await sleep(options.pollMilliseconds ?? 300, undefined, options.signal ? { signal: options.signal } : {}).catch(
        () => {
          throw new Interrupted();
        },
      );
    }
  } finally {
    await rm(ticket, { force: true });
  }
}

/** Does the work while it holds a lock file. @throws Interrupted. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const unlock = await takeLock(path, options);
  try {
    return await work();
  } finally {
    await unlock();
  }
}

/** A hard link is made by one of two at once, and its content is whole from the start. */
async function linked(ticket: string, path: string): Promise<boolean> {
  try {
    await link(ticket, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead owner's lock. Only who holds the guard of that very owner may, and looks again first: by then, another run
 * may have taken it away, and the lock may be a living one's. The guard of one who died meanwhile is taken away likewise.
 */
async function takeAway(path: string, dead: string, ticket: string): Promise<void> {
  const guard = `${path}.${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`;
  if (await linked(ticket, guard)) {
    try {
      if ((await readIfThere(path)) === dead) await rm(path);
    } finally {
      await rm(guard);
    }
    return;
  }
  const held = await readIfThere(guard);
  if (held !== undefined && !(await livingOwnerOf(held))) await takeAway(guard, held, ticket);
}

/** Who holds a lock, by the text of its file; undefined where that process died, and where the text is damaged. */
async function livingOwnerOf(text: string): Promise<LockOwner | undefined> {
  const owner = parsed(text);
  return owner && (await lives(owner.pid, owner.started)) ? owner : undefined;
}

function parsed(text: string): LockOwner | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockOwner>;
    if (typeof value.pid !== 'number') return undefined;
    return { pid: value.pid, started: value.started ?? '', since: value.since ?? '' };
  } catch {
    return undefined;
  }
}

/** This process, so that another one can tell whether it still lives. */
export const thisProcess = async (): Promise<Process> => ({
  pid: process.pid,
  started: (await startOf(process.pid)) ?? '',
});

/** Whether a process lives; with `started`, whether it is still the one that it was. */
export async function lives(pid: number, started = ''): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  const found = await startOf(pid);
  return found === undefined || started === '' || started === found;
}

/** Field 22 of /proc/PID/stat (proc(5)); undefined where there is no /proc. */
const startOf = async (pid: number): Promise<string | undefined> => (await statOf(pid))?.[19];
