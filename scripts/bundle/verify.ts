import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../system/files.ts';
import { components } from './components.ts';
import { imagesAreThere, missingComponents } from './make.ts';
import { readManifest, sha256Of, writeManifest } from './manifest.ts';
import { bundleFolder, pinsOfAll } from './pins.ts';

export interface BundleStatus {
  folder: string;
  complete: boolean;
  bytes: number;
  components: { name: string; version: string; there: boolean; source?: string }[];
  images: boolean;
  machineImage?: string;
}

/** What is there of the bundle; quick. */
export async function bundleStatus(folder = bundleFolder()): Promise<BundleStatus> {
  const manifest = await readManifest(folder, pinsOfAll());
  const missing = (await missingComponents(folder, components)).map(({ name }) => name);
  const images = await imagesAreThere(folder, manifest);
  const { machineImage } = manifest;
  return {
    folder,
    complete: missing.length === 0 && images && machineImage !== undefined,
    bytes: Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0),
    components: components.map(({ name, version }) => {
      const source = manifest.components[name]?.source;
      return { name, version, there: !missing.includes(name), ...(source === undefined ? {} : { source }) };
    }),
    images,
    ...(machineImage === undefined ? {} : { machineImage }),
  };
}

export interface BadFile {
  path: string;
  component: string;
  why: 'missing' | 'corrupt';
}

/** Compares every file with its checksum. */
export async function findBadFiles(options: {
  folder?: string;
  signal?: AbortSignal;
  onFile?: (path: string) => void;
}): Promise<BadFile[]> {
  const folder = options.folder ?? bundleFolder();
  const bad: BadFile[] = [];
  const { files } = await readManifest(folder, pinsOfAll());
  for (const [path, { sha256, component }] of Object.entries(files)) {
    options.onFile?.(path);
    const why = await whyBad(join(folder, path), sha256, options.signal);
    if (why) bad.push({ path, component, why });
  }
  return bad;
}

async function whyBad(path: string, sha256: string, signal?: AbortSignal): Promise<BadFile['why'] | undefined> {
  try {
    return (await sha256Of(path, signal)) === sha256 ? undefined : 'corrupt';
  } catch (error) {
    if (!isMissing(error)) throw error;
    return 'missing';
  }
}

/**
 * Takes away what was changed since it was made and has not its checksum any more. Quick: a file of the size and time
 * that the manifest has for it is not read. The caller holds the folder's lock.
 */
export async function discardChangedFiles(options: { folder: string; signal?: AbortSignal }): Promise<BadFile[]> {
  const { folder, signal } = options;
  const manifest = await readManifest(folder, pinsOfAll());
  const bad: BadFile[] = [];
  let touched = false;
  for (const [path, entry] of Object.entries(manifest.files)) {
    const found = await stat(join(folder, path)).catch(() => undefined);
    if (found?.size === entry.size && found.mtimeMs === entry.modifiedAt) continue;
    const why = await whyBad(join(folder, path), entry.sha256, signal);
    if (why) {
      bad.push({ path, component: entry.component, why });
    } else if (found) {
      // A copy of the cache has other times. It is not read again.
      manifest.files[path] = { ...entry, modifiedAt: found.mtimeMs };
      touched = true;
    }
  }
  if (touched) await writeManifest(folder, manifest);
  if (bad.length > 0) await discardBadFiles(bad, folder);
  return bad;
}

/** Takes bad files away, so that `ensureBundle` makes their components again. */
export async function discardBadFiles(bad: readonly BadFile[], folder = bundleFolder()): Promise<void> {
  const manifest = await readManifest(folder, pinsOfAll());
  for (const { path } of bad) await rm(join(folder, path), { force: true });
  const paths = new Set(bad.map(({ path }) => path));
  const names = new Set(bad.map(({ component }) => component));
  // What comes in their place may have another checksum: a Debian package may be newer.
  manifest.files = Object.fromEntries(Object.entries(manifest.files).filter(([path]) => !paths.has(path)));
  manifest.components = Object.fromEntries(Object.entries(manifest.components).filter(([name]) => !names.has(name)));
  if (names.has('images')) delete manifest.imageStore;
  await writeManifest(folder, manifest);
}
