import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { messageOf } from '../system/errors.ts';
import type { EnsureOptions } from './bundle.ts';
import { isDiskFull } from './disk.ts';
import { fileEntry, readManifest, writeManifest, type Manifest } from './manifest.ts';
import { pinsOfAll } from './pins.ts';
import { tellTimeLeft, type Progress } from './progress.ts';
import type { Supply } from './supply.ts';

/** On two cores, with a mirror of Debian near by; only for the time left. */
const usualSeconds = { machineImage: 60, images: 180 };

/** The machine image: from a supply that has it, else made here. @returns its tag. */
export async function ensureMachine(
  options: EnsureOptions,
  supply: Supply | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { ensureMachineImage, machineImageIsThere, machineImageTag } = await import('./machine-image/machine-image.ts');
  const startedAt = performance.now();
  const tell = (state: 'working' | 'done', more: Pick<Progress, 'source' | 'secondsLeft' | 'note'> = {}): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    options.onProgress?.({ component: 'machine image', state, seconds, ...more });
  };
  if (await machineImageIsThere()) return machineImageTag();
  tell('working', supply ? { source: supply.name } : {});
  if (supply) {
    await supply.loadMachineImage(await machineImageTag(), signal).catch((error: unknown) => {
      signal.throwIfAborted();
      tell('working', { source: supply.name, note: messageOf(error) });
    });
  }
  const stopTelling = tellTimeLeft(usualSeconds.machineImage, (secondsLeft) => {
    tell('working', secondsLeft === undefined ? {} : { secondsLeft });
  });
  const tag = await ensureMachineImage({ signal }).finally(stopTelling);
  tell('done');
  return tag;
}

/** Images of a mirror: taken as they are; `ensureImages` then finds them there. */
export async function takeImages(folder: string, supply: Supply, options: EnsureOptions): Promise<void> {
  const manifest = await readManifest(folder, pinsOfAll());
  for (const [path, entry] of Object.entries(supply.manifest.files)) {
    if (entry.component !== 'images' || manifest.files[path]?.sha256 === entry.sha256) continue;
    try {
      options.onProgress?.({ component: 'images', state: 'working', source: supply.name, seconds: 0 });
      await supply.get(path, join(folder, path), { signal: options.signal });
      // Its checksum was verified; only the time is this computer's own.
      manifest.files[path] = { ...entry, modifiedAt: (await stat(join(folder, path))).mtimeMs };
      await writeManifest(folder, manifest);
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

/** Makes what is missing of the images and their store, and enters them in the manifest. @returns the store's path in the bundle. */
export async function ensureImages(folder: string, machineImage: string, options: EnsureOptions): Promise<string> {
  const { ensureImages: make } = await import('./images/images.ts');
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const tell = (more: Pick<Progress, 'secondsLeft' | 'note'> = {}): void => {
    options.onProgress?.({ component: 'images', state: 'working', seconds: seconds(), ...more });
  };
  tell();
  const stopTelling = tellTimeLeft(usualSeconds.images, (secondsLeft) => {
    tell(secondsLeft === undefined ? {} : { secondsLeft });
  });
  const { imageStore } = await make({
    bundleFolder: folder,
    machineImage,
    signal: options.signal,
    onProgress: (line) => {
      // The rest is what apt and containerd say.
      if (/^(image|unpacking) /.test(line)) tell({ note: line });
    },
  }).finally(stopTelling);
  const manifest = await readManifest(folder, pinsOfAll());
  const before = JSON.stringify(manifest);
  manifest.imageStore = relative(folder, imageStore);
  await recordImages(folder, manifest, options.signal);
  manifest.machineImage = machineImage;
  if (JSON.stringify(manifest) !== before) await writeManifest(folder, manifest);
  options.onProgress?.({ component: 'images', state: 'done', seconds: seconds() });
  return manifest.imageStore;
}

/**
 * Checksums of the images and of their store, of those that were made now. One that is known is left alone: a file that
 * differs from it is corrupt, and must not become right by being read again.
 */
async function recordImages(folder: string, manifest: Manifest, signal?: AbortSignal): Promise<void> {
  const found = await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true });
  const archives = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const paths = archives.map((path) => relative(folder, path));
  if (manifest.imageStore !== undefined) paths.push(manifest.imageStore);
  for (const [path, { component }] of Object.entries(manifest.files)) {
    if (component === 'images' && !paths.includes(path)) manifest.files = without(manifest.files, path);
  }
  for (const path of paths) {
    manifest.files[path] ??= await fileEntry(join(folder, path), 'images', signal);
  }
}

const without = (files: Manifest['files'], path: string): Manifest['files'] =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
