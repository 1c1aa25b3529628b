import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Header, type Pack } from 'tar-stream';
import { addEntry, contentOf, writeTar, type TarEntry } from './tar.ts';

/** A layer of an image: an uncompressed tar file. Uncompressed, because it never travels further than a LAN. */
export interface Layer {
  path: string;
  /** `sha256:…` of the file; also its diff id. */
  digest: string;
  sizeBytes: number;
}

/** What is at each path of a tree of layers: a fingerprint of type, rights and content. */
export type Tree = ReadonlyMap<string, string>;

/** A layer of files that are given one by one. */
export async function layerOfEntries(path: string, entries: readonly TarEntry[], signal?: AbortSignal): Promise<Layer> {
  await writeTar(path, entries, signal);
  return layerOfFile(path, signal);
}

/**
 * A layer of what a root file system has and the layers below it have not; what is gone from them is marked as
 * deleted (a `.wh.` file, OCI image specification, "Whiteouts"). Times are dropped: the same packages, the same layer.
 * @returns the layer, and the tree that it makes together with those below.
 */
export async function layerOfRoot(
  tar: string,
  path: string,
  below: Tree = new Map(),
  signal?: AbortSignal,
): Promise<{ layer: Layer; tree: Tree }> {
  const half = `${path}.new`;
  const tree = new Map<string, string>();
  const layer = pack();
  const written = pipeline(layer, createWriteStream(half), signal ? { signal } : {});
  const source = extract();
  const filled = (async () => {
    for await (const entry of source) await carryOver(entry, layer, below, tree);
    for (const name of below.keys()) {
      // Of a folder that is gone, one mark is enough.
      if (!tree.has(name) && (tree.has(folderOf(name)) || folderOf(name) === '')) {
        await addEntry(layer, { name: whiteout(name), type: 'file', mode: 0o644, content: new Uint8Array() });
      }
    }
    layer.finalize();
  })();
  try {
    await Promise.all([pipeline(createReadStream(tar), source, signal ? { signal } : {}), filled, written]);
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
  return { layer: await layerOfFile(path, signal), tree };
}

async function carryOver(
  entry: AsyncIterable<unknown> & { header: Header },
  layer: Pack,
  below: Tree,
  tree: Map<string, string>,
): Promise<void> {
  const name = entry.header.name.replace(/^\.?\/+/, '').replace(/\/$/, '');
  const content = await contentOf(entry);
  // The runtime makes /dev and these files of docker itself.
  if (name === '' || name === '.dockerenv' || name.startsWith('dev/')) return;
  const { type, mode, uid, gid, linkname, pax } = entry.header;
  const link = linkname && type === 'link' ? linkname.replace(/^\.?\/+/, '') : linkname;
  const rights = Object.entries(pax ?? {}).filter(([key]) => key.startsWith('SCHILY.xattr'));
  const sum = createHash('sha256').update(content).digest('hex');
  const fingerprint = JSON.stringify([type, mode, uid, gid, link, rights, sum]);
  tree.set(name, fingerprint);
  if (below.get(name) === fingerprint) return;
  const header: Header = { ...entry.header, name, mtime: new Date(0), size: content.length };
  if (link) header.linkname = link;
  header.pax = Object.fromEntries(rights);
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error);
      else resolve();
    };
    // A file without a body would wait for one, even where it is empty.
    if (type === 'file') layer.entry(header, content, done);
    else layer.entry(header, done);
  });
}

const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));
const whiteout = (name: string): string => name.replace(/([^/]*)$/, '.wh.$1');

/** The digest and size of a layer that is a file already. */
export async function layerOfFile(path: string, signal?: AbortSignal): Promise<Layer> {
  const hash = createHash('sha256');
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
  await pipeline(createReadStream(path), sink, signal ? { signal } : {});
  return { path, digest: `sha256:${hash.digest('hex')}`, sizeBytes: (await stat(path)).size };
}
