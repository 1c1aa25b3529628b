import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Lab } from '../lab.ts';

/** A file that a machine's cloud-config told it to have. */
export interface ToldFile {
  path: string;
  content: Buffer;
  /** Octal, such as `0600`. */
  mode: string;
}

/** The files of a machine's cloud-config, as they were rendered for its last boot. */
export async function toldFiles(lab: Lab, machine: string): Promise<ToldFile[]> {
  const text = await readFile(join(lab.folder, 'cloud-config', machine, 'user-data'), 'utf8');
  const { write_files: files } = parse(text) as {
    write_files: { path: string; content: string; permissions?: string; encoding?: string }[];
  };
  return files.map(({ path, content, permissions, encoding }) => ({
    path,
    content: Buffer.from(content, encoding === 'b64' ? 'base64' : 'utf8'),
    mode: permissions ?? '0644',
  }));
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
