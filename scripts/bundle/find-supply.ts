import { stat } from 'node:fs/promises';
import { setGlobalProxyFromEnv } from 'node:http';
import { join } from 'node:path';
import { checkoutFolder } from '../system/folders.ts';
import { components } from './components.ts';
import { machineImageTag } from './machine-image/machine-image.ts';
import type { Manifest } from './manifest.ts';
import { pinsOf } from './pins.ts';
import { openSupply } from './supply.ts';

/** Seconds that a mirror may take to answer; one that is there does at once. */
const stallSeconds = 5;

/** A bundle made elsewhere: the one that is asked for, else FIREDRILL_BUNDLE, else what lies beside the kit of an unpacked export. */
export async function supplyFor(given?: string, kit = checkoutFolder): Promise<string | undefined> {
  return given ?? (process.env['FIREDRILL_BUNDLE'] || (await besideKit(kit)));
}

async function besideKit(kit: string): Promise<string | undefined> {
  const folder = join(kit, '..');
  return (await isFile(join(folder, 'bundle', 'manifest.json'))) ? folder : undefined;
}

/**
 * The same, where it answers and has all that would else be built here. An exported file counts by being there: to look into
 * it takes as long as to unpack it.
 */
export async function wholeSupplyFor(given?: string, kit = checkoutFolder): Promise<string | undefined> {
  const from = await supplyFor(given, kit);
  if (from === undefined || (await isFile(from))) return from;
  setGlobalProxyFromEnv();
  try {
    const supply = await openSupply(from, { components, stallSeconds, retries: 0 });
    await supply.close();
    return (await isWhole(supply.manifest)) ? from : undefined;
  } catch {
    // What is wrong with it is told when it is used: then the bundle is built here.
    return undefined;
  }
}

async function isWhole(manifest: Manifest): Promise<boolean> {
  const { machineImage, machineImageArchive, imageStore } = manifest;
  if (imageStore === undefined || machineImageArchive === undefined) return false;
  if (machineImage !== (await machineImageTag())) return false;
  return components.every((component) => manifest.components[component.name]?.pins === pinsOf(component));
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;
