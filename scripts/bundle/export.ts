import {
  chmod,
  copyFile,
  link,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { cacheFolder, checkoutFolder } from '../system/folders.ts';
import { run, runOrThrow } from '../system/run.ts';
import { packArchive } from './archive.ts';
import { readBundle } from './bundle.ts';
import { diskFull, isDiskFull } from './disk.ts';
import { readManifest, sha256Of, writeManifest, type Manifest } from './manifest.ts';
import { pinsOfAll } from './pins.ts';
import { makeWorkingFolder } from './working-folder.ts';

export interface ExportOptions {
  signal?: AbortSignal;
  /** Told what is done next. */
  onStep?: (line: string) => void;
  /** The checkout that is handed out, with its node_modules; default this program's own. */
  kit?: string;
}

const readme = `firedrill, with all that it needs but the docker engine and Vagrant.

  kit/                  the program, ready to run (its Node.js is in it)
  bundle/               the binaries and images of the lab
  machine-image.tar     the docker image of the lab's machines

In this order:

  cd kit
  scripts/firedrill setup                    starts the docker engine; installs it and Vagrant where they
                                             are missing, and only that needs a network
  scripts/firedrill bundle build --from ..   puts the bundle into the cache and the image into docker
  scripts/firedrill doctor                   "You are ready.", or what is missing
  scripts/firedrill

Where the computer has Node.js of its own, 'npx firedrill' is the same as 'scripts/firedrill'.
`;

/**
 * Writes one file with the kit (with node_modules), the bundle and the machine image: what a computer without a network needs.
 * @param file `.tar.gz`, or `.tar.zst` for a smaller and quicker one.
 * @throws FiredrillError `bundle-missing`, `usage`, `disk-full`, `command-failed`.
 */
export async function exportBundle(
  file: string,
  options: ExportOptions = {},
): Promise<{ path: string; bytes: number; sha256: string }> {
  const path = resolve(file);
  if (!/\.(tar\.gz|tgz|tar\.zst)$/.test(path)) {
    throw new FiredrillError(`${file}: the name must end in .tar.gz or .tar.zst.`, {
      code: 'usage',
      remedy: 'For example: npx firedrill bundle export firedrill.tar.gz',
      exitCode: 2,
    });
  }
  const stage = await stageExport(options);
  const unfinished = `${path}.part${path.endsWith('.zst') ? '.zst' : ''}`;
  try {
    options.onStep?.('packing it (a minute or two)');
    await packArchive(stage.folder, 'firedrill', unfinished, options.signal);
    await rename(unfinished, path);
    return { path, bytes: (await stat(path)).size, sha256: await sha256Of(path, options.signal) };
  } catch (error) {
    throw isDiskFull(error) ? diskFull(path, error) : error;
  } finally {
    await rm(unfinished, { force: true });
    await stage.remove();
  }
}

/** A folder with `firedrill/` as an export holds it. Files are second names of those in the cache: it costs little disk. */
export async function stageExport(
  options: ExportOptions = {},
): Promise<{ folder: string; manifest: Manifest; remove: () => Promise<void> }> {
  const bundle = await readBundle();
  const folder = await makeWorkingFolder(cacheFolder(), 'export');
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const top = join(folder, 'firedrill');
  try {
    const manifest = await readManifest(bundle.folder, pinsOfAll());
    options.onStep?.('collecting the bundle');
    for (const path of Object.keys(manifest.files))
      await linkInto(join(bundle.folder, path), join(top, 'bundle', path));
    options.onStep?.('collecting the kit');
    await stageKit(options.kit ?? checkoutFolder, join(top, 'kit'), options.signal);
    options.onStep?.('saving the machine image');
    const tar = join(top, 'machine-image.tar');
    await runOrThrow('docker', ['save', '-o', tar, bundle.machineImage], { signal: options.signal });
    const { size } = await stat(tar);
    manifest.machineImageArchive = { path: '../machine-image.tar', sha256: await sha256Of(tar, options.signal), size };
    await writeManifest(join(top, 'bundle'), manifest);
    await writeFile(join(top, 'README.txt'), readme);
    return { folder, manifest, remove };
  } catch (error) {
    await remove();
    throw isDiskFull(error) ? diskFull(cacheFolder(), error) : error;
  }
}

async function stageKit(kit: string, to: string, signal: AbortSignal | undefined): Promise<void> {
  for (const path of await kitFiles(kit, signal)) await linkInto(join(kit, path), join(to, path));
  await linkTree(join(kit, 'node_modules'), join(to, 'node_modules'));
}

/** What git knows of the checkout; without git, all but what a run leaves. */
async function kitFiles(kit: string, signal: AbortSignal | undefined): Promise<string[]> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const known = await run('git', args, { signal, cwd: kit }).catch(() => undefined);
  if (known?.exitCode === 0) {
    const paths = known.stdout.split('\0').filter((path) => path !== '');
    const there = await Promise.all(
      paths.map((path) =>
        stat(join(kit, path)).then(
          () => path,
          () => '',
        ),
      ),
    );
    return there.filter((path) => path !== '');
  }
  const skipped = /^(node_modules|\.git|coverage)(\/|$)/;
  const entries = await readdir(kit, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(kit.length + 1))
    .filter((path) => !skipped.test(path));
}

/** The same files under another folder: second names where the file system can, copies elsewhere. */
export async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else if (entry.isFile()) await linkOrCopyExactly(source, target);
  }
}

async function linkInto(from: string, to: string): Promise<void> {
  await mkdir(join(to, '..'), { recursive: true });
  await linkOrCopyExactly(from, to);
}

async function linkOrCopyExactly(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (isDiskFull(error)) throw error;
    await copyFile(from, to);
    await chmod(to, (await stat(from)).mode);
  }
}
