import { readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setGlobalProxyFromEnv } from 'node:http';
import { cacheFolder, checkoutFolder } from '../system/folders.ts';
import { messageOf } from '../system/errors.ts';
import { bundleAt, type Bundle, type EnsureOptions } from './bundle.ts';
import { cachedSource } from './cached.ts';
import { components } from './components.ts';
import { diskFull, isDiskFull } from './disk.ts';
import { goSource, removeBuildCache } from './go-build.ts';
import { takeLock } from './lock.ts';
import { makeMissing } from './make.ts';
import { fileEntry, readManifest, writeManifest, type Manifest } from './manifest.ts';
import { bundleFolder, bundlesFolder, pinsOfAll } from './pins.ts';
import { releaseSource } from './release.ts';
import { discardBadFiles, findBadFiles, type BadFile } from './verify.ts';
import { openSupply, supplySource, type Supply } from './supply.ts';

const lockPath = (): string => join(cacheFolder(), 'bundle.lock');

/** See `ensureBundle`. One run at a time works on the cache. */
export const ensureAll = (options: EnsureOptions): Promise<Bundle> => withLock(options, () => ensureLocked(options));

/** Finds corrupt and missing files, and makes them again. @throws what `ensureBundle` throws. */
export const repairBundle = (options: EnsureOptions): Promise<{ bad: BadFile[]; bundle: Bundle }> =>
  withLock(options, async () => {
    const bad = await findBadFiles(options);
    await discardBadFiles(bad);
    return { bad, bundle: await ensureLocked(options) };
  });

async function withLock<T>(options: EnsureOptions, work: () => Promise<T>): Promise<T> {
  setGlobalProxyFromEnv();
  const giveBack = await takeLock(lockPath(), {
    signal: options.signal,
    onWait: ({ pid, since }) => {
      const note = `waiting for process ${pid}, which makes the bundle since ${since}`;
      options.onProgress?.({ component: 'lock', state: 'waiting', seconds: 0, note });
    },
  });
  try {
    await removeLeftovers();
    return await work();
  } catch (error) {
    throw isDiskFull(error) ? diskFull(cacheFolder(), error) : error;
  } finally {
    await giveBack();
  }
}

/** Imports that a killed run left unpacked. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(cacheFolder())) {
    if (name.startsWith('.import-')) await rm(join(cacheFolder(), name), { recursive: true, force: true });
  }
}

async function ensureLocked(options: EnsureOptions): Promise<Bundle> {
  const folder = bundleFolder();
  const supply = await openIfAny(options);
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

async function openIfAny({ from: given, signal, onProgress }: EnsureOptions): Promise<Supply | undefined> {
  const from = given ?? (await besideKit());
  if (from === undefined) return undefined;
  try {
    return await openSupply(from, { signal, pins: pinsOfAll() });
  } catch (error) {
    if (signal?.aborted || isDiskFull(error)) throw error;
    onProgress?.({ component: 'bundle', state: 'working', source: from, seconds: 0, note: messageOf(error) });
    return undefined;
  }
}

/** The bundle of an unpacked export lies beside its kit. */
async function besideKit(): Promise<string | undefined> {
  const folder = join(checkoutFolder, '..');
  const manifest = await stat(join(folder, 'bundle', 'manifest.json')).catch(() => undefined);
  return manifest?.isFile() ? folder : undefined;
}

async function ensureMachine(options: EnsureOptions, supply: Supply | undefined, signal: AbortSignal): Promise<string> {
  const { ensureMachineImage, machineImageIsThere, machineImageTag } = await import('./machine-image/machine-image.ts');
  const startedAt = performance.now();
  const tell = (state: 'working' | 'done', note?: string): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    options.onProgress?.({ component: 'machine image', state, seconds, ...(note === undefined ? {} : { note }) });
  };
  if (await machineImageIsThere()) return machineImageTag();
  tell('working');
  if (supply) {
    await supply.loadMachineImage(await machineImageTag(), signal).catch((error: unknown) => {
      signal.throwIfAborted();
      tell('working', `${supply.name}: ${messageOf(error)}`);
    });
  }
  const tag = await ensureMachineImage({ signal });
  tell('done');
  return tag;
}

/** Images of a mirror: taken as they are; `ensureImages` then finds them there. */
async function takeImages(folder: string, supply: Supply, options: EnsureOptions): Promise<void> {
  const manifest = await readManifest(folder, pinsOfAll());
  for (const [path, entry] of Object.entries(supply.manifest.files)) {
    if (entry.component !== 'images' || manifest.files[path]?.sha256 === entry.sha256) continue;
    try {
      options.onProgress?.({ component: 'images', state: 'working', source: supply.name, seconds: 0 });
      await supply.get(path, join(folder, path), { signal: options.signal });
    } catch (error) {
      if (options.signal?.aborted || isDiskFull(error)) throw error;
      options.onProgress?.({
        component: 'images',
        state: 'working',
        source: supply.name,
        seconds: 0,
        note: messageOf(error),
      });
      return;
    }
  }
}

async function ensureImages(folder: string, machineImage: string, options: EnsureOptions): Promise<string> {
  const { ensureImages: make } = await import('./images/images.ts');
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  options.onProgress?.({ component: 'images', state: 'working', seconds: 0 });
  const { imageStore } = await make({
    bundleFolder: folder,
    machineImage,
    signal: options.signal,
    onProgress: (line) => {
      // The rest is what apt and containerd say.
      if (/^(image|unpacking) /.test(line)) {
        options.onProgress?.({ component: 'images', state: 'working', seconds: seconds(), note: line });
      }
    },
  });
  const manifest = await readManifest(folder, pinsOfAll());
  const before = JSON.stringify(manifest);
  manifest.imageStore = relative(folder, imageStore);
  await recordImages(folder, manifest, options.signal);
  manifest.machineImage = machineImage;
  if (JSON.stringify(manifest) !== before) await writeManifest(folder, manifest);
  options.onProgress?.({ component: 'images', state: 'done', seconds: seconds() });
  return manifest.imageStore;
}

/** Checksums of the images and of their store; only of those that changed since. */
async function recordImages(folder: string, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const found = await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true });
  const archives = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const paths = archives.map((path) => relative(folder, path));
  if (manifest.imageStore !== undefined) paths.push(manifest.imageStore);
  for (const [path, { component }] of Object.entries(manifest.files)) {
    if (component === 'images' && !paths.includes(path)) manifest.files = without(manifest.files, path);
  }
  for (const path of paths) {
    const { size, mtimeMs } = await stat(join(folder, path));
    const known = manifest.files[path];
    if (known?.size === size && known.modifiedAt === mtimeMs) continue;
    manifest.files[path] = await fileEntry(join(folder, path), 'images', signal);
  }
}

const without = (files: Manifest['files'], path: string): Manifest['files'] =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
