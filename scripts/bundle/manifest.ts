import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { Interrupted } from '../system/errors.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';

const fileSchema = z.object({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.number(),
  /** Name of the component that yields it; `images` for what is under images/. */
  component: z.string(),
  modifiedAt: z.number().optional(),
});

const manifestSchema = z.object({
  layout: z.literal(1),
  /** Content hash of all pins, to tell two bundles apart; each component has its own. */
  pins: z.string(),
  components: z.record(
    z.string(),
    z.object({ version: z.string(), pins: z.string(), source: z.string(), seconds: z.number() }),
  ),
  /** By path in the bundle, such as `bin/etcd`. */
  files: z.record(z.string(), fileSchema),
  /** Path in the bundle of the ready containerd root. */
  imageStore: z.string().optional(),
  /** Tag of the machine's docker image. */
  machineImage: z.string().optional(),
  /** In an export or on a mirror only: the `docker save` of the machine image. */
  machineImageArchive: z.object({ path: z.string(), sha256: z.string(), size: z.number() }).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type FileEntry = z.infer<typeof fileSchema>;

const pathOf = (folder: string): string => join(folder, 'manifest.json');
const emptyManifest = (pins: string): Manifest => ({ layout: 1, pins, components: {}, files: {} });

/** @throws Error where the text is no manifest. */
export const parseManifest = (text: string): Manifest => manifestSchema.parse(JSON.parse(text));

/** The manifest of a bundle's folder. A missing or damaged one is an empty one: its files are then made again. */
export async function readManifest(folder: string, pins: string): Promise<Manifest> {
  const text = await readIfThere(pathOf(folder));
  if (text === undefined) return emptyManifest(pins);
  try {
    return { ...parseManifest(text), pins };
  } catch {
    return emptyManifest(pins);
  }
}

export const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  writeAtomically(pathOf(folder), `${JSON.stringify(manifest, null, 1)}\n`);

/** SHA-256 of a file, in hexadecimal. @throws Interrupted, file system errors. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, signal ? { signal } : {});
  } catch (error) {
    throw signal?.aborted ? new Interrupted() : error;
  }
  return hash.digest('hex');
}

export async function fileEntry(path: string, component: string, signal?: AbortSignal): Promise<FileEntry> {
  const { size, mtimeMs } = await stat(path);
  return { sha256: await sha256Of(path, signal), size, component, modifiedAt: mtimeMs };
}
