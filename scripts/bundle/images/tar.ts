import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, pack, type Header, type Pack } from 'tar-stream';

/** One thing in an archive. Contents come from a file on disk, from memory, or, of folders and links, from nowhere. */
export interface TarEntry {
  /** Path in the archive, without a leading slash. */
  name: string;
  type: 'file' | 'directory' | 'symlink';
  mode: number;
  linkname?: string;
  /** Path of a file on disk whose bytes are taken. */
  from?: string;
  content?: Uint8Array;
}

/**
 * Everything below a folder as archive entries, sorted by name, so that the same folder gives the same archive.
 * Modes keep only what matters (may be run or not): a checkout's umask must not change a hash.
 */
export async function entriesOfFolder(folder: string, prefix = ''): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const names = (await readdir(folder)).toSorted();
  for (const child of names) {
    const path = join(folder, child);
    const name = prefix === '' ? child : `${prefix}/${child}`;
    const stat = await lstat(path);
    if (stat.isDirectory()) {
      entries.push({ name, type: 'directory', mode: 0o755 }, ...(await entriesOfFolder(path, name)));
    } else if (stat.isSymbolicLink()) {
      entries.push({ name, type: 'symlink', mode: 0o777, linkname: await readlink(path) });
    } else if (stat.isFile()) {
      entries.push({ name, type: 'file', mode: stat.mode & 0o100 ? 0o755 : 0o644, from: path });
    }
  }
  return entries;
}

/** Adds one entry. Owner root and time 0: an archive depends on contents only. */
export async function addEntry(archive: Pack, entry: TarEntry): Promise<void> {
  const size = entry.content?.length ?? (entry.from === undefined ? 0 : (await lstat(entry.from)).size);
  const header: Partial<Header> & { name: string } = {
    name: entry.name,
    type: entry.type,
    mode: entry.mode,
    size,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    ...(entry.linkname === undefined ? {} : { linkname: entry.linkname }),
  };
  if (entry.from !== undefined) {
    const sink = archive.entry(header);
    await pipeline(createReadStream(entry.from), sink);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const done = (error?: Error | null): void => {
      if (error) reject(error);
      else resolve();
    };
    if (entry.type === 'file') archive.entry(header, Buffer.from(entry.content ?? []), done);
    else archive.entry(header, done);
  });
}

/** Writes an archive file of entries. */
export async function writeTar(path: string, entries: readonly TarEntry[], signal?: AbortSignal): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(path), signal ? { signal } : {});
  const filled = (async () => {
    for (const entry of entries) await addEntry(archive, entry);
    archive.finalize();
  })();
  await Promise.all([written, filled]);
}

/** SHA-256 over names, modes and contents of entries, in hex: what an archive of them would depend on. */
export async function hashOfEntries(entries: readonly TarEntry[]): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of entries) {
    hash.update(JSON.stringify([entry.name, entry.type, entry.mode, entry.linkname ?? '']));
    const content = entry.content ?? (entry.from === undefined ? new Uint8Array() : await readFile(entry.from));
    hash.update(`${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * The content of one file of an archive.
 * @throws Error where it is not in there.
 */
export async function fileInTar(path: string, name: string): Promise<Uint8Array> {
  const source = extract();
  const read = createReadStream(path);
  read.on('error', (error) => {
    source.destroy(error);
  });
  read.pipe(source);
  try {
    for await (const entry of source) {
      const here = entry.header.name.replace(/^\.?\/+/, '') === name;
      const content = await contentOf(entry);
      if (here) return content;
    }
  } finally {
    read.destroy();
  }
  throw new Error(`${path} has no file ${name}.`);
}

/** All bytes of an entry that is being read. */
export async function contentOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  // tar-stream's types do not say what it yields: buffers.
  for await (const part of entry) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}
