import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../system/folders.ts';
import { components, hostArchitecture, type Component } from './components.ts';

/** Raised when the layout of the bundle's folder changes. */
const layoutVersion = 1;

export const goModuleFolder = (component: Component): string => join(import.meta.dirname, 'go', component.name);

/** Content hash of all that decides what a component's files are: version, flags, go.mod and go.sum, architecture. */
export function pinsOf(component: Component): string {
  const hash = createHash('sha256');
  const { name, version, packages, tags, stamps, cgo } = component;
  const architecture = hostArchitecture();
  hash.update(JSON.stringify({ name, version, packages, tags, stamps, cgo, architecture, layoutVersion }));
  for (const file of ['go.mod', 'go.sum']) hash.update(readIfAny(join(goModuleFolder(component), file)));
  return hash.digest('hex').slice(0, 16);
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Content hash of all components: name of the bundle's folder in the cache. */
export const pinsOfAll = (all: readonly Component[] = components): string =>
  createHash('sha256').update(all.map(pinsOf).join()).digest('hex').slice(0, 12);

export const bundlesFolder = (): string => join(cacheFolder(), 'bundle');
export const bundleFolder = (all: readonly Component[] = components): string => join(bundlesFolder(), pinsOfAll(all));
