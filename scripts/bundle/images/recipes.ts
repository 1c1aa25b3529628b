import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutFolder } from '../../system/folders.ts';
import { components } from '../components.ts';
import { pinsOf } from '../pins.ts';
import { debianSuite, hashOfRoot, makeDebianRoot, type DebianRoot, type MakeOptions } from './debian-root.ts';
import { layerOfEntries, layerOfRoot, type Layer, type Tree } from './layers.ts';
import type { ImageConfig } from './oci-archive.ts';
import { imageReferences as names } from './references.ts';
import { entriesOfFolder, fileInTar, hashOfEntries, type TarEntry } from './tar.ts';

export interface LayerRecipe {
  /** Content hash of all that decides what is in the layer: known before the layer is made. */
  key: string;
  what: string;
  /** Makes the layer as a file at `path`. */
  make(path: string, options: MakeOptions): Promise<Layer>;
}

export interface ImageRecipe {
  reference: string;
  layers: readonly LayerRecipe[];
  config: ImageConfig;
}

/** Below Redis, the toolbox and the guestbook: one layer that a node keeps once. libstdc++ is what Node.js needs. */
const base: DebianRoot = { name: 'base', variant: 'essential', packages: ['libstdc++6'] };
const redis: DebianRoot = { ...base, name: 'redis', packages: [...base.packages, 'redis-server'] };
const toolbox: DebianRoot = {
  ...base,
  name: 'toolbox',
  packages: [
    ...base.packages,
    ...['bind9-dnsutils', 'ca-certificates', 'curl', 'iproute2', 'iputils-ping', 'netcat-openbsd', 'procps', 'tcpdump'],
    // Debian's pause process: statically linked, the whole content of the image that holds each pod's network.
    'catatonit',
  ],
};

/** Every root file system that the images are made of. */
export const debianRoots = [base, redis, toolbox];

/** What the images of the lab are made of. Programs are taken from the bundle's folder. */
export async function imageRecipes(bundleFolder: string): Promise<ImageRecipe[]> {
  const debian = debianLayers();
  const os = await debian.base();
  const program = (reference: string, component: string, path: string): ImageRecipe => ({
    reference,
    layers: [programLayer(bundleFolder, component, path)],
    config: { entrypoint: [`/usr/local/bin/${path}`] },
  });
  const guestbook = [os, await nodeLayer(), await appLayer()];
  const guestbookConfig = (version: string): ImageConfig => ({
    entrypoint: ['node', `/${appFile}`],
    env: { VERSION: version },
    workingFolder: '/app',
  });
  return [
    program(names.apiServer, 'kubernetes', 'kube-apiserver'),
    program(names.controllerManager, 'kubernetes', 'kube-controller-manager'),
    program(names.scheduler, 'kubernetes', 'kube-scheduler'),
    { ...program(names.coredns, 'coredns', 'coredns') },
    { reference: names.pause, layers: [await pauseLayer()], config: { entrypoint: ['/pause', '-P'] } },
    { reference: names.redis, layers: [os, await debian.above(redis)], config: { entrypoint: ['redis-server'] } },
    {
      reference: names.toolbox,
      layers: [os, await debian.above(toolbox)],
      config: { entrypoint: ['sleep', 'infinity'] },
    },
    { reference: names.guestbook1, layers: guestbook, config: guestbookConfig('1') },
    { reference: names.guestbook2, layers: guestbook, config: guestbookConfig('2') },
  ];
}

/** File name of an image's archive: its own name and a hash of all that decides what is in it. */
export function archiveName(recipe: ImageRecipe): string {
  const keys = recipe.layers.map(({ key, what }) => [key, what]);
  const hash = hashOf([recipe.reference, recipe.config, keys]);
  const readable = recipe.reference.replace(/^.*\//, '').replace(':', '-');
  return `${readable}-${hash}.tar`;
}

function debianLayers(): {
  base: () => Promise<LayerRecipe>;
  above: (root: DebianRoot) => Promise<LayerRecipe>;
} {
  const what = `OS: Debian ${debianSuite}`;
  let tree: Promise<Tree> | undefined;
  const treeOfBase = async (path: string, options: MakeOptions): Promise<Tree> =>
    (await layerOfRoot(await makeDebianRoot(base, options), path, undefined, options.signal)).tree;
  return {
    base: async () => ({
      key: await hashOfRoot(base),
      what,
      make: async (path, options) => {
        const made = await layerOfRoot(await makeDebianRoot(base, options), path, undefined, options.signal);
        tree = Promise.resolve(made.tree);
        return made.layer;
      },
    }),
    above: async (root) => ({
      key: hashOf([await hashOfRoot(base), await hashOfRoot(root)]),
      what: `${root.name}: packages of ${what.slice(4)}`,
      make: async (path, options) => {
        tree ??= treeOfBase(`${path}.base`, options);
        const tar = await makeDebianRoot(root, options);
        return (await layerOfRoot(tar, path, await tree, options.signal)).layer;
      },
    }),
  };
}

function programLayer(bundleFolder: string, componentName: string, program: string): LayerRecipe {
  const component = components.find(({ name }) => name === componentName);
  if (component === undefined) throw new Error(`No component ${componentName} in the bundle.`);
  const entries: TarEntry[] = [
    ...folders('etc', 'tmp', 'usr', 'usr/local', 'usr/local/bin', 'var', 'var/log'),
    { name: `usr/local/bin/${program}`, type: 'file', mode: 0o755, from: join(bundleFolder, 'bin', program) },
  ];
  return {
    key: hashOf([pinsOf(component), program]),
    what: `${program}, and nothing else`,
    make: (path, { signal }) => layerOfEntries(path, entries, signal),
  };
}

async function pauseLayer(): Promise<LayerRecipe> {
  return {
    key: await hashOfRoot(toolbox),
    what: 'pause: catatonit of Debian',
    make: async (path, options) => {
      const content = await fileInTar(await makeDebianRoot(toolbox, options), 'usr/bin/catatonit');
      return layerOfEntries(path, [{ name: 'pause', type: 'file', mode: 0o755, content }], options.signal);
    },
  };
}

/** Node.js from the npm package `node`: the one that this program runs on. */
async function nodeLayer(): Promise<LayerRecipe> {
  const folder = join(checkoutFolder, 'node_modules', 'node');
  const version = await versionOfPackage('node');
  const entries: TarEntry[] = [
    ...folders('usr', 'usr/local', 'usr/local/bin'),
    { name: 'usr/local/bin/node', type: 'file', mode: 0o755, from: join(folder, 'bin', 'node') },
  ];
  return {
    key: hashOf(['node', version, process.arch]),
    what: `runtime: Node.js ${version}`,
    make: (path, { signal }) => layerOfEntries(path, entries, signal),
  };
}

const appFile = 'app/server.cjs';

/**
 * The app as one file of CommonJS. Node.js runs its TypeScript as well, but takes four times as much of a processor to
 * start with it: on a node where pods start, those that serve would wait for that.
 */
async function appLayer(): Promise<LayerRecipe> {
  const sources = (await entriesOfFolder(join(checkoutFolder, 'app'))).filter(({ name }) => name.endsWith('.ts'));
  return {
    key: hashOf([await hashOfEntries(sources), await versionOfPackage('esbuild')]),
    what: 'app: the guestbook',
    make: async (path, { signal }) => {
      const content = await appAsOneFile();
      return layerOfEntries(path, [...folders('app'), { name: appFile, type: 'file', mode: 0o644, content }], signal);
    },
  };
}

async function appAsOneFile(): Promise<Uint8Array> {
  // Loaded here: who has the image needs nothing of it.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: [join(checkoutFolder, 'app', 'server.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
    logLevel: 'silent',
  });
  return Buffer.concat(outputFiles.map(({ contents }) => contents));
}

const versionOfPackage = async (name: string): Promise<string> => {
  const path = join(checkoutFolder, 'node_modules', name, 'package.json');
  return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version;
};

const folders = (...names: string[]): TarEntry[] =>
  names.map((name) => ({ name, type: 'directory', mode: name === 'tmp' ? 0o1777 : 0o755 }));

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
