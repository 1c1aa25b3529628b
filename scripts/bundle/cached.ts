import { chmod, copyFile, link, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { filesOf } from './components.ts';
import { readManifest, sha256Of } from './manifest.ts';
import { pinsOf } from './pins.ts';
import type { Source } from './source.ts';

/** Other bundles in the cache, of an earlier version of this program: what did not change is taken over. */
export function cachedSource(bundles: string, ownFolder: string): Source {
  return {
    name: 'cache',
    async get(component, into, { signal }) {
      for (const name of await readdir(bundles).catch(() => [])) {
        const other = join(bundles, name);
        if (other === ownFolder) continue;
        const manifest = await readManifest(other, name);
        if (manifest.components[component.name]?.pins !== pinsOf(component)) continue;
        for (const path of filesOf(component)) {
          const from = join(other, path);
          if ((await sha256Of(from, signal)) !== manifest.files[path]?.sha256) throw new Error(`${from} is corrupt`);
          await mkdir(dirname(join(into, path)), { recursive: true });
          await linkOrCopy(from, join(into, path));
        }
        return;
      }
      throw new Error('not in another bundle of the cache');
    },
  };
}

/** A second name for a file where the file system can; a copy elsewhere. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
    await chmod(to, 0o755);
  }
}
