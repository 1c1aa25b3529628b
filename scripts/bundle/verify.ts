import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../system/files.ts';
import { components } from './components.ts';
import { missingComponents } from './make.ts';
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
  const { imageStore, machineImage } = manifest;
  return {
    folder,
    complete: missing.length === 0 && imageStore !== undefined && machineImage !== undefined,
    bytes: Object.values(manifest.files).reduce((sum, { size }) => sum + size, 0),
    components: components.map(({ name, version }) => {
      const source = manifest.components[name]?.source;
      return { name, version, there: !missing.includes(name), ...(source === undefined ? {} : { source }) };
    }),
    images: imageStore !== undefined,
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
    try {
      if ((await sha256Of(join(folder, path), options.signal)) !== sha256)
        bad.push({ path, component, why: 'corrupt' });
    } catch (error) {
      if (!isMissing(error)) throw error;
      bad.push({ path, component, why: 'missing' });
    }
  }
  return bad;
}

/** Takes bad files away, so that `ensureBundle` makes their components again. */
export async function discardBadFiles(bad: readonly BadFile[], folder = bundleFolder()): Promise<void> {
  const manifest = await readManifest(folder, pinsOfAll());
  for (const { path } of bad) await rm(join(folder, path), { force: true });
  const names = new Set(bad.map(({ component }) => component));
  manifest.components = Object.fromEntries(Object.entries(manifest.components).filter(([name]) => !names.has(name)));
  if (names.has('images')) delete manifest.imageStore;
  await writeManifest(folder, manifest);
}
