import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FiredrillError, Interrupted, messageOf } from '../system/errors.ts';
import { filesOf, type Component } from './components.ts';
import { diskFull, isDiskFull } from './disk.ts';
import { fileEntry, readManifest, writeManifest, type Manifest } from './manifest.ts';
import { pinsOf, pinsOfAll } from './pins.ts';
import type { OnProgress } from './progress.ts';
import type { Source } from './source.ts';

export interface MakeOptions {
  components: readonly Component[];
  /** In the order in which they are tried. */
  sources: readonly Source[];
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

const unfinished = '.new-';

/**
 * Makes the components that are missing in a bundle's folder, one by one; each is there whole or not at all.
 * The caller holds the folder's lock.
 * @returns the names of those that it made.
 * @throws FiredrillError `bundle-source-failed` with every source's reason, `disk-full`; Interrupted.
 */
export async function makeMissing(folder: string, options: MakeOptions): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  await removeUnfinished(folder);
  const missing = await missingComponents(folder, options.components);
  for (const { name } of missing) options.onProgress?.({ component: name, state: 'waiting', seconds: 0 });
  for (const component of missing) await makeOne(folder, component, options);
  return missing.map(({ name }) => name);
}

/** Components that are not in the manifest, are of other pins, or lack a file. */
export async function missingComponents(folder: string, components: readonly Component[]): Promise<Component[]> {
  const manifest = await readManifest(folder, pinsOfAll(components));
  const missing: Component[] = [];
  for (const component of components) {
    const made = manifest.components[component.name]?.pins === pinsOf(component);
    if (!made || !(await allThere(folder, manifest, filesOf(component)))) missing.push(component);
  }
  return missing;
}

/** Whether each file is there with the size that it should have: quick, no checksums. */
export async function allThere(folder: string, manifest: Manifest, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const found = await stat(join(folder, path)).catch(() => undefined);
    if (found === undefined || found.size !== manifest.files[path]?.size) return false;
  }
  return true;
}

/** Whether the images and their store are there, by the same quick look. */
export async function imagesAreThere(folder: string, manifest: Manifest): Promise<boolean> {
  const images = Object.keys(manifest.files).filter((path) => manifest.files[path]?.component === 'images');
  return manifest.imageStore !== undefined && (await allThere(folder, manifest, images));
}

async function makeOne(folder: string, component: Component, options: MakeOptions): Promise<void> {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const reasons: string[] = [];
  let lastError: unknown;
  for (const source of options.sources) {
    const tell = (more: { note?: string; secondsLeft?: number; state?: 'done' }): void => {
      options.onProgress?.({
        component: component.name,
        state: 'working',
        source: source.name,
        seconds: seconds(),
        ...more,
      });
    };
    tell({});
    const into = join(folder, `${unfinished}${component.name}-${randomBytes(4).toString('hex')}`);
    try {
      await mkdir(into);
      await source.get(component, into, {
        signal: options.signal,
        onSecondsLeft: (left) => {
          tell(left === undefined ? {} : { secondsLeft: left });
        },
      });
      await install(folder, into, component, { source: source.name, seconds: seconds() }, options);
      tell({ state: 'done' });
      return;
    } catch (error) {
      if (options.signal?.aborted || error instanceof Interrupted) throw new Interrupted();
      if (error instanceof FiredrillError && error.code === 'disk-full') throw error;
      if (isDiskFull(error)) throw diskFull(folder, error);
      reasons.push(`${source.name}: ${messageOf(error)}`);
      lastError = error;
      // The cache has nothing to say when it has nothing.
      if (source.name !== 'cache') tell({ note: messageOf(error) });
    } finally {
      await rm(into, { recursive: true, force: true });
    }
  }
  const remedy =
    lastError instanceof FiredrillError
      ? lastError.remedy
      : 'Mend one of these, and run it again: what is finished is kept.';
  throw new FiredrillError(`${component.name} ${component.version} could not be had.\n  ${reasons.join('\n  ')}`, {
    code: 'bundle-source-failed',
    remedy,
  });
}

/** Moves a component's files to their place; only then the manifest says that it is there. */
async function install(
  folder: string,
  into: string,
  component: Component,
  made: { source: string; seconds: number },
  options: MakeOptions,
): Promise<void> {
  const manifest = await readManifest(folder, pinsOfAll(options.components));
  for (const path of filesOf(component)) {
    manifest.files[path] = await fileEntry(join(into, path), component.name, options.signal);
  }
  for (const path of filesOf(component)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await rename(join(into, path), join(folder, path));
  }
  manifest.components[component.name] = { version: component.version, pins: pinsOf(component), ...made };
  await writeManifest(folder, manifest);
}

/** What a run that was killed has left. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(unfinished) || name.endsWith('.new'))
      await rm(join(folder, name), { recursive: true, force: true });
  }
}
