import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lives } from '../system/lock.ts';

/** A folder for work that is under way. Its name tells whose it is: not every such work holds the lock of the cache. */
export const makeWorkingFolder = (parent: string, name: string): Promise<string> =>
  mkdtemp(join(parent, `.${name}-${process.pid}-`));

/** Removes the working folders of processes that died. */
export async function removeWorkOfTheDead(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const owner = /^\.[\w-]+-(\d+)-\w{6}$/.exec(name)?.[1];
    if (owner === undefined || (await lives(Number(owner)))) continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}
