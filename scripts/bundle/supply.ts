import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { cacheFolder } from '../system/folders.ts';
import { runOrThrow } from '../system/run.ts';
import { extractArchive } from './archive.ts';
import { linkOrCopy } from './cached.ts';
import { filesOf, type Component } from './components.ts';
import { download, DownloadError, downloadText } from './download.ts';
import { parseManifest, sha256Of, type Manifest } from './manifest.ts';
import { readIfThere } from '../system/files.ts';
import { pinsOf } from './pins.ts';
import { secondsLeftFrom } from './progress.ts';
import type { Source } from './source.ts';
import { makeWorkingFolder } from './working-folder.ts';

export interface GetOptions {
  signal?: AbortSignal | undefined;
  onBytes?: (done: number) => void;
}

/** A bundle made elsewhere: an instructor's mirror, an exported file, or its unpacked folder. */
export interface Supply {
  name: string;
  manifest: Manifest;
  /** Puts one file of the manifest at a path, its checksum verified. @throws DownloadError and file system errors. */
  get(path: string, to: string, options: GetOptions): Promise<void>;
  /** Loads the machine image into docker, if this supply has the one of that tag. */
  loadMachineImage(tag: string, signal?: AbortSignal): Promise<void>;
  /** Removes what was unpacked for it. */
  close(): Promise<void>;
}

export interface SupplyOptions {
  signal?: AbortSignal | undefined;
  /** Those that are wanted. A supply that has none of them at the pinned version is refused; one that has some is used. */
  components: readonly Component[];
  stallSeconds?: number;
  retries?: number;
}

/** @throws FiredrillError `bundle-other-version`, `bundle-unreadable`; DownloadError. */
export async function openSupply(from: string, options: SupplyOptions): Promise<Supply> {
  if (/^https?:\/\//.test(from)) return openMirror(from.replace(/\/?$/, '/'), options);
  const path = resolve(from);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return openFolder(path, from, options);
  if (found?.isFile()) return openFile(path, from, options);
  throw unreadable(from, 'there is no such file or folder');
}

async function openMirror(url: string, options: SupplyOptions): Promise<Supply> {
  const limits = {
    signal: options.signal,
    ...(options.stallSeconds === undefined ? {} : { stallSeconds: options.stallSeconds }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  };
  const manifest = checked(url, await downloadText(`${url}manifest.json`, limits), options);
  const get = (path: string, to: string, sha256: string, more: GetOptions): Promise<void> =>
    download(`${url}${path}`, to, {
      ...limits,
      ...(more.signal ? { signal: more.signal } : {}),
      sha256,
      onBytes: (done) => more.onBytes?.(done),
    });
  return {
    name: `mirror ${url}`,
    manifest,
    get: async (path, to, more) => {
      await get(path, to, entryOf(manifest, path).sha256, more);
      await chmod(to, 0o755);
    },
    loadMachineImage: async (tag, signal) => {
      const archive = archiveFor(manifest, tag);
      if (!archive) return;
      const to = join(cacheFolder(), 'downloads', 'machine-image.tar');
      await get(archive.path, to, archive.sha256, { signal });
      await runOrThrow('docker', ['load', '-i', to], { signal });
      await rm(to, { force: true });
    },
    close: () => Promise.resolve(),
  };
}

async function openFile(path: string, from: string, options: SupplyOptions): Promise<Supply> {
  await mkdir(cacheFolder(), { recursive: true });
  const unpacked = await makeWorkingFolder(cacheFolder(), 'import');
  const close = (): Promise<void> => rm(unpacked, { recursive: true, force: true });
  try {
    await extractArchive(path, unpacked, ['firedrill/bundle', 'firedrill/machine-image.tar'], options.signal);
    return { ...(await openFolder(join(unpacked, 'firedrill'), from, options)), close };
  } catch (error) {
    await close();
    throw error instanceof FiredrillError && error.code === 'command-failed' ? unreadable(from, error.message) : error;
  }
}

/** A folder with the bundle in `bundle/` as an export has it, or right in it. */
async function openFolder(top: string, from: string, options: SupplyOptions): Promise<Supply> {
  const inside = await readIfThere(join(top, 'bundle', 'manifest.json'));
  const folder = inside === undefined ? top : join(top, 'bundle');
  const text = inside ?? (await readIfThere(join(folder, 'manifest.json')));
  if (text === undefined) throw unreadable(from, 'there is no manifest.json in it');
  const manifest = checked(from, text, options);
  const verified = async (path: string, sha256: string, signal?: AbortSignal): Promise<string> => {
    const found = await sha256Of(path, signal);
    if (found !== sha256) throw new DownloadError(`${path}: wrong checksum (${found.slice(0, 12)}...)`);
    return path;
  };
  return {
    name: from,
    manifest,
    get: async (path, to, { signal }) => {
      const source = await verified(join(folder, path), entryOf(manifest, path).sha256, signal);
      await mkdir(dirname(to), { recursive: true });
      await rm(`${to}.new`, { force: true });
      await linkOrCopy(source, `${to}.new`);
      await rename(`${to}.new`, to);
    },
    loadMachineImage: async (tag, signal) => {
      const archive = archiveFor(manifest, tag);
      if (!archive) return;
      const tar = await verified(resolve(folder, archive.path), archive.sha256, signal);
      await runOrThrow('docker', ['load', '-i', tar], { signal });
    },
    close: () => Promise.resolve(),
  };
}

function checked(from: string, text: string, options: SupplyOptions): Manifest {
  let manifest: Manifest;
  try {
    manifest = parseManifest(text);
  } catch (error) {
    throw unreadable(from, 'its manifest.json is damaged', error);
  }
  // A manifest names files: none of them may lead out of the bundle's folder.
  const stray = Object.keys(manifest.files).find(
    (path) => !/^((bin|cni|older|images)\/[\w.@+/-]+|image-store-\w+\.tar)$/.test(path) || path.includes('..'),
  );
  if (stray !== undefined) throw unreadable(from, `its manifest names '${stray}'`);
  const fits = (component: Component): boolean => manifest.components[component.name]?.pins === pinsOf(component);
  if (options.components.some(fits)) return manifest;
  throw new FiredrillError(`${from} holds the bundle of another version of firedrill.`, {
    code: 'bundle-other-version',
    remedy: 'Use the kit that belongs to it, or make that bundle again with this version.',
  });
}

const unreadable = (from: string, why: string, cause?: unknown): FiredrillError =>
  new FiredrillError(`${from} is no bundle: ${why}.`, {
    code: 'bundle-unreadable',
    remedy: "Give the URL that 'firedrill bundle serve' printed, or a file that 'firedrill bundle export' made.",
    cause,
  });

function entryOf(manifest: Manifest, path: string): Manifest['files'][string] {
  const entry = manifest.files[path];
  if (!entry) throw new DownloadError(`${path} is not in its manifest`);
  return entry;
}

const archiveFor = (manifest: Manifest, tag: string): Manifest['machineImageArchive'] =>
  manifest.machineImage === tag ? manifest.machineImageArchive : undefined;

/** A supply as a source of components. */
export function supplySource(supply: Supply): Source {
  return {
    name: supply.name,
    async get(component, into, { signal, onSecondsLeft }) {
      if (supply.manifest.components[component.name]?.pins !== pinsOf(component)) {
        throw new Error(`it has no ${component.name} ${component.version}`);
      }
      const startedAt = performance.now();
      const paths = filesOf(component);
      const total = paths.reduce((sum, path) => sum + (supply.manifest.files[path]?.size ?? 0), 0);
      let before = 0;
      for (const path of paths) {
        await supply.get(path, join(into, path), {
          signal,
          onBytes: (done) => {
            onSecondsLeft(secondsLeftFrom((before + done) / total, (performance.now() - startedAt) / 1000));
          },
        });
        before += supply.manifest.files[path]?.size ?? 0;
        await chmod(join(into, path), 0o755);
      }
    },
  };
}
