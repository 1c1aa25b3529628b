import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArchitecture } from '../components.ts';
import type { MakeOptions } from './debian-root.ts';
import { ensureImageStore, imageStoreName } from './image-store.ts';
import type { Layer } from './layers.ts';
import { writeOciArchive } from './oci-archive.ts';
import { archiveName, imageRecipes, type ImageRecipe, type LayerRecipe } from './recipes.ts';

export interface ImagesOptions extends MakeOptions {
  /** Its `bin/` has the programs already. */
  bundleFolder: string;
  /** Tag of the docker image in which the store is made. */
  machineImage: string;
}

/**
 * Makes what is missing of the lab's images: an OCI archive each under `<bundleFolder>/images`, and the image store.
 * Archives that a mirror has put there are taken as they are. About 3 minutes the first time, 0.1 s when all is there.
 * @returns the path of the image store: a tar of a containerd root, to be unpacked into each machine's volume.
 * @throws FiredrillError of apt, docker or containerd; Interrupted.
 */
export async function ensureImages(options: ImagesOptions): Promise<{ imageStore: string }> {
  const { bundleFolder, signal } = options;
  const recipes = await imageRecipes(bundleFolder);
  const folder = join(bundleFolder, 'images');
  await mkdir(folder, { recursive: true });
  await removeOthers(folder, recipes.map(archiveName));
  const work = join(folder, '.layers');
  try {
    await mkdir(work);
    const made = new Map<string, Promise<Layer>>();
    for (const recipe of recipes) {
      const archive = join(folder, archiveName(recipe));
      if (await isThere(archive)) continue;
      options.onProgress?.(`image ${recipe.reference}`);
      await makeArchive(archive, recipe, { ...options, work, made });
      signal?.throwIfAborted();
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return { imageStore: await ensureImageStore({ ...options, archives: recipes.map(archiveName) }) };
}

/** Whether the archive of each image is there, and the store that holds them: what `ensureImages` would find. */
export async function imagesAreMade(bundleFolder: string): Promise<boolean> {
  const names = (await imageRecipes(bundleFolder)).map(archiveName);
  const paths = [...names.map((name) => join('images', name)), imageStoreName(names)];
  const there = await Promise.all(paths.map((path) => isThere(join(bundleFolder, path))));
  return !there.includes(false);
}

async function makeArchive(
  archive: string,
  recipe: ImageRecipe,
  options: MakeOptions & { work: string; made: Map<string, Promise<Layer>> },
): Promise<void> {
  const layers = [];
  for (const layer of recipe.layers) layers.push({ ...(await layerOnce(layer, options)), what: layer.what });
  const { reference, config } = recipe;
  await writeOciArchive(archive, { reference, config, layers, architecture: hostArchitecture() }, options.signal);
}

/** Images share layers: each is made once. */
function layerOnce(
  recipe: LayerRecipe,
  options: MakeOptions & { work: string; made: Map<string, Promise<Layer>> },
): Promise<Layer> {
  const id = `${recipe.key}-${recipe.what.replace(/\W+/g, '-')}`;
  const known = options.made.get(id);
  if (known) return known;
  const layer = recipe.make(join(options.work, id), options);
  options.made.set(id, layer);
  return layer;
}

/** Images of older pins, and halves of a run that was killed. */
async function removeOthers(folder: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
