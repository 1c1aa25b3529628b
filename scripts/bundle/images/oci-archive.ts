import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import type { Layer } from './layers.ts';
import { writeTar, type TarEntry } from './tar.ts';

export interface ImageConfig {
  entrypoint: readonly string[];
  env?: Readonly<Record<string, string>>;
  workingFolder?: string;
}

export interface OciImage {
  /** Full name with tag: `registry.k8s.io/pause:3.10`. */
  reference: string;
  /** From the bottom up; `what` says in a word or two what is in it: people take these images apart. */
  layers: readonly (Layer & { what: string })[];
  config: ImageConfig;
  /** As Go names it: `amd64`, `arm64`. */
  architecture: string;
}

const mediaType = (kind: string): string => `application/vnd.oci.image.${kind}`;

/**
 * Writes an image as an OCI archive: one tar with an image layout (image-spec 1.1, "OCI Image Layout").
 * The same image gives the same bytes.
 */
export async function writeOciArchive(path: string, image: OciImage, signal?: AbortSignal): Promise<void> {
  const { config, layers } = image;
  const configBlob = json({
    architecture: image.architecture,
    os: 'linux',
    config: {
      Entrypoint: config.entrypoint,
      Env: Object.entries({ PATH: defaultPath, ...config.env }).map(([name, value]) => `${name}=${value}`),
      ...(config.workingFolder === undefined ? {} : { WorkingDir: config.workingFolder }),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(({ what }) => ({ created_by: what })),
  });
  const manifestBlob = json({
    schemaVersion: 2,
    mediaType: mediaType('manifest.v1+json'),
    config: descriptor('config.v1+json', configBlob),
    layers: layers.map(({ digest, sizeBytes, what }) => ({
      mediaType: mediaType('layer.v1.tar'),
      digest,
      size: sizeBytes,
      annotations: { 'org.opencontainers.image.title': what },
    })),
  });
  const index = json({
    schemaVersion: 2,
    mediaType: mediaType('index.v1+json'),
    manifests: [
      {
        ...descriptor('manifest.v1+json', manifestBlob),
        annotations: {
          // containerd reads the full name from its own annotation, others the tag from that of the specification.
          'io.containerd.image.name': image.reference,
          'org.opencontainers.image.ref.name': image.reference.replace(/^.*:/, ''),
        },
      },
    ],
  });
  const blobs = new Map<string, TarEntry>();
  for (const layer of layers) blobs.set(layer.digest, { ...blobAt(layer.digest), from: layer.path });
  for (const blob of [configBlob, manifestBlob])
    blobs.set(digestOf(blob), { ...blobAt(digestOf(blob)), content: blob });
  const half = `${path}.new`;
  try {
    await writeTar(
      half,
      [file('oci-layout', json({ imageLayoutVersion: '1.0.0' })), file('index.json', index), ...blobs.values()],
      signal,
    );
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const digestOf = (blob: Buffer): string => `sha256:${createHash('sha256').update(blob).digest('hex')}`;
const descriptor = (kind: string, blob: Buffer): { mediaType: string; digest: string; size: number } => ({
  mediaType: mediaType(kind),
  digest: digestOf(blob),
  size: blob.length,
});
const file = (name: string, content: Buffer): TarEntry => ({ name, type: 'file', mode: 0o644, content });
const blobAt = (digest: string): TarEntry => ({
  name: `blobs/${digest.replace(':', '/')}`,
  type: 'file',
  mode: 0o644,
});
