import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { imagesAreThere, missingComponents } from './make.ts';
import { components } from './components.ts';
import { readManifest } from './manifest.ts';
import { bundleFolder, pinsOfAll } from './pins.ts';
import type { OnProgress } from './progress.ts';

export type { OnProgress, Progress } from './progress.ts';

/** Every binary and image that the lab needs, at pinned versions. All folders are absolute paths on the host. */
export interface Bundle {
  folder: string;
  /** etcd, etcdctl, kubelet, kubectl, containerd, runc, ... */
  bin: string;
  /** The CNI plugins. */
  cni: string;
  /** kubelet and kube-proxy of the minor version before. */
  older: string;
  /** Path of a tar with a ready containerd root. */
  imageStore: string;
  /** Tag of the docker image of which every machine is made. */
  machineImage: string;
}

/**
 * The bundle in the cache. Quick: looks at names and sizes, not at checksums.
 * @throws FiredrillError `bundle-missing`.
 */
export async function readBundle(): Promise<Bundle> {
  const folder = bundleFolder();
  const manifest = await readManifest(folder, pinsOfAll());
  const { imageStore, machineImage } = manifest;
  const lacking = (await missingComponents(folder, components)).map(({ name }) => name);
  if (!(await imagesAreThere(folder, manifest))) lacking.push('images');
  if (machineImage === undefined) lacking.push('machine image');
  if (lacking.length > 0 || imageStore === undefined || machineImage === undefined) {
    throw new FiredrillError(`The bundle is not complete: ${lacking.join(', ')}.`, {
      code: 'bundle-missing',
      remedy: "Run 'npx firedrill bundle build'.",
    });
  }
  return bundleAt(folder, imageStore, machineImage);
}

/** Path of the program that sends requests. @throws FiredrillError `bundle-missing`. */
export const vegetaPath = async (): Promise<string> => join((await readBundle()).bin, 'vegeta');

export const bundleAt = (folder: string, imageStore: string, machineImage: string): Bundle => ({
  folder,
  bin: join(folder, 'bin'),
  cni: join(folder, 'cni'),
  older: join(folder, 'older'),
  imageStore: join(folder, imageStore),
  machineImage,
});

export interface EnsureOptions {
  signal?: AbortSignal;
  /** URL, file or folder of a bundle made elsewhere, tried first; default FIREDRILL_BUNDLE, or what lies beside the kit. */
  from?: string;
  onProgress?: OnProgress;
}

/**
 * Makes what is missing of the bundle: programs, machine image, images.
 * @throws FiredrillError `bundle-source-failed`, `disk-full`, `go-missing`; Interrupted.
 */
export async function ensureBundle(options: EnsureOptions): Promise<Bundle> {
  const { ensureAll } = await import('./ensure.ts');
  return ensureAll(options);
}

/** Bytes of a file, or undefined where there is none. */
export const sizeOf = async (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
