import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { components } from '../../scripts/bundle/components.ts';
import { archiveName, imageRecipes } from '../../scripts/bundle/images/recipes.ts';
import { imageStoreName } from '../../scripts/bundle/images/image-store.ts';
import { machineImageTag } from '../../scripts/bundle/machine-image/machine-image.ts';
import { makeMissing } from '../../scripts/bundle/make.ts';
import { fileEntry, readManifest, sha256Of, writeManifest } from '../../scripts/bundle/manifest.ts';
import { pinsOfAll } from '../../scripts/bundle/pins.ts';
import { goodSource, temporaryFolder } from './folder.ts';

/** Answers as docker does, makes what it is asked for of a few bytes, and writes down each question. */
const madeUpDocker = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/asked"
case "$1" in
  image) test -e "$here/image" ;;
  load | import) touch "$here/image" ;;
  save) echo 'the machine image' > "$3" ;;
  run)
    for word; do
      case "$word" in *:/out) echo 'a store made again' > "\${word%:/out}/image-store.tar" ;; esac
    done ;;
esac
`;

export interface Computer {
  /** What `docker` was asked for, by its first word. */
  dockerAsked: () => Promise<string[]>;
}

/** Until the test ends, the program finds an empty cache, and a docker that has the machine image or has not. */
export async function anotherComputer(options: { hasMachineImage: boolean }): Promise<Computer> {
  // Not under the folder of the cache: what is exported from here may be read there.
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-computer-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin', 'docker'), madeUpDocker);
  await chmod(join(folder, 'bin', 'docker'), 0o755);
  await writeFile(join(folder, 'bin', 'asked'), '');
  if (options.hasMachineImage) await writeFile(join(folder, 'bin', 'image'), '');
  vi.stubEnv('PATH', `${join(folder, 'bin')}:/usr/bin:/bin`);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  vi.stubEnv('FIREDRILL_BUNDLE', '');
  return {
    dockerAsked: async () =>
      (await readFile(join(folder, 'bin', 'asked'), 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ')[0] ?? ''),
  };
}

/** Path in the bundle of the image whose name begins like this. */
export async function imagePath(start: string): Promise<string> {
  const names = (await imageRecipes('')).map(archiveName);
  const found = names.find((name) => name.startsWith(start));
  if (found === undefined) throw new Error(`no image ${start} in ${names.join()}`);
  return join('images', found);
}

/** Every file of a bundle at its pinned version, of a few bytes each. `sizes`: bytes of some. */
export async function makeWholeBundle(folder: string, sizes: Readonly<Record<string, number>> = {}): Promise<void> {
  await makeMissing(folder, { components, sources: [goodSource()] });
  const archives = (await imageRecipes(folder)).map(archiveName);
  const store = imageStoreName(archives);
  const manifest = await readManifest(folder, pinsOfAll());
  for (const path of [...archives.map((name) => join('images', name)), store]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), path.repeat(Math.ceil((sizes[path] ?? 1) / path.length)));
    manifest.files[path] = await fileEntry(join(folder, path), 'images');
  }
  await writeManifest(folder, { ...manifest, imageStore: store, machineImage: await machineImageTag() });
}

/** A folder as an unpacked export has it, but for the kit. */
export async function madeElsewhere(): Promise<string> {
  const top = await temporaryFolder();
  const tar = join(top, 'machine-image.tar');
  await makeWholeBundle(join(top, 'bundle'));
  await writeFile(tar, 'the machine image');
  const manifest = await readManifest(join(top, 'bundle'), pinsOfAll());
  manifest.machineImageArchive = { path: '../machine-image.tar', sha256: await sha256Of(tar), size: 17 };
  await writeManifest(join(top, 'bundle'), manifest);
  return top;
}
