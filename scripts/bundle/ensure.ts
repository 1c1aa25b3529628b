import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setGlobalProxyFromEnv } from 'node:http';
import { cacheFolder } from '../system/folders.ts';
import { Interrupted, messageOf } from '../system/errors.ts';
import { bundleAt, readBundle, type Bundle, type EnsureOptions } from './bundle.ts';
import { cachedSource } from './cached.ts';
import { components } from './components.ts';
import { ensureImages, ensureMachine, takeImages } from './ensure-images.ts';
import { diskFull, isDiskFull } from './disk.ts';
import { supplyFor } from './find-supply.ts';
import { goSource, removeBuildCache } from './go-build.ts';
import { lives, withLock, type LockOwner } from '../system/lock.ts';
import { makeMissing } from './make.ts';
import { bundleFolder, bundlesFolder } from './pins.ts';
import { releaseSource } from './release.ts';
import { discardBadFiles, discardChangedFiles, findBadFiles, type BadFile } from './verify.ts';
import { openSupply, supplySource, type Supply } from './supply.ts';
import { removeWorkOfTheDead } from './working-folder.ts';

const lockPath = (): string => join(cacheFolder(), 'bundle.lock');

/** See `ensureBundle`. One run at a time works on the cache. */
export const ensureAll = (options: EnsureOptions): Promise<Bundle> =>
  withBundleLock(options, () => ensureLocked(options));

/** Finds corrupt and missing files, and makes them again. @throws what `ensureBundle` throws. */
export const repairBundle = (options: EnsureOptions): Promise<{ bad: BadFile[]; bundle: Bundle }> =>
  withBundleLock(options, async () => {
    const bad = await findBadFiles(options);
    await discardBadFiles(bad);
    return { bad, bundle: await ensureLocked(options) };
  });

async function withBundleLock<T>(options: EnsureOptions, work: () => Promise<T>): Promise<T> {
  setGlobalProxyFromEnv();
  const { signal, onProgress } = options;
  const onWait = ({ pid, since }: LockOwner): void => {
    const note = `waiting for process ${pid}, which makes the bundle since ${since}`;
    onProgress?.({ component: 'lock', state: 'waiting', seconds: 0, note });
  };
  try {
    // The lock is a file, too: a full disk may have no room even for it.
    return await withLock(lockPath(), { signal, onWait }, async () => {
      await removeLeftovers();
      return work();
    });
  } catch (error) {
    if (signal?.aborted) throw new Interrupted();
    throw isDiskFull(error) ? diskFull(cacheFolder(), error) : error;
  }
}

/** What killed runs left: imports and exports, roots of Debian half made, tickets for the lock. An export may be under way now. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    const waiting = /^bundle\.lock\.(\d+)\./.exec(name)?.[1];
    if (waiting === undefined || (await lives(Number(waiting)))) continue;
    await rm(join(cacheFolder(), name), { force: true });
  }
  await removeWorkOfTheDead(cacheFolder());
  await removeWorkOfTheDead(join(cacheFolder(), 'debian'));
}

async function ensureLocked(options: EnsureOptions): Promise<Bundle> {
  const folder = bundleFolder();
  const { onProgress } = options;
  for (const { path, component, why } of await discardChangedFiles({ ...options, folder })) {
    onProgress?.({ component, state: 'working', seconds: 0, note: `${path} is ${why}: it is made again` });
  }
  const supply = await openIfAny(folder, options);
  const controller = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
  try {
    // The machine image waits mostly for the network: it is made while the programs are built.
    const imageMade = ensureMachine(options, supply, signal);
    imageMade.catch(() => {
      controller.abort();
    });
    const made = await makeMissing(folder, {
      components,
      sources: [
        ...(supply ? [supplySource(supply)] : []),
        cachedSource(bundlesFolder(), folder),
        releaseSource({ downloadFolder: join(cacheFolder(), 'downloads') }),
        goSource(),
      ],
      signal,
      onProgress: options.onProgress,
    }).catch(async (error: unknown) => {
      // Where the machine image failed first, its reason is the one to tell.
      if (!options.signal?.aborted && controller.signal.aborted) await imageMade;
      controller.abort();
      await imageMade.catch(() => undefined);
      throw error;
    });
    const machineImage = await imageMade;
    if (supply) await takeImages(folder, supply, options);
    const imageStore = await ensureImages(folder, machineImage, options);
    if (made.length > 0) await removeBuildCache();
    return bundleAt(folder, imageStore, machineImage);
  } finally {
    await supply?.close();
  }
}

async function openIfAny(folder: string, options: EnsureOptions): Promise<Supply | undefined> {
  const { signal, onProgress } = options;
  const from = await supplyFor(options.from);
  // To unpack a file takes a minute: not at every boot of a lab.
  if (from === undefined || (await isComplete(folder))) return undefined;
  try {
    return await openSupply(from, { signal, components });
  } catch (error) {
    if (signal?.aborted || isDiskFull(error)) throw error;
    onProgress?.({ component: 'bundle', state: 'working', source: from, seconds: 0, note: messageOf(error) });
    return undefined;
  }
}

/** Whether nothing is left to make: neither of the bundle, nor in docker, nor of images whose recipe has changed since. */
async function isComplete(folder: string): Promise<boolean> {
  const [{ machineImageIsThere }, { imagesAreMade }] = await Promise.all([
    import('./machine-image/machine-image.ts'),
    import('./images/images.ts'),
  ]);
  const whole = await readBundle().then(
    () => true,
    () => false,
  );
  return whole && (await imagesAreMade(folder)) && (await machineImageIsThere());
}
