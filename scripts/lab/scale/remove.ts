import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBundle } from '../../bundle/bundle.ts';
import { componentVersion } from '../../bundle/components.ts';
import { runOrThrow } from '../../system/run.ts';
import { listContainers, removeHelpers } from '../docker.ts';
import { volumesOf } from '../docker-machine.ts';
import { endContainer } from '../end-container.ts';
import type { Lab } from '../lab.ts';
import type { Layout, Machine } from '../layout.ts';
import { closeConnection } from '../remote.ts';
import { renderLab } from '../render.ts';
import { vagrantRecordOf } from '../vagrant-link.ts';
import { vagrant } from '../vagrant.ts';
import { forgetJoiner } from './joiner.ts';

/** Writes everything that depends on which machines a lab has. */
export const render = async (layout: Layout): Promise<void> =>
  renderLab(layout, await readBundle(), componentVersion('kubernetes'));

/**
 * Removes machines from the host: containers, volumes, Vagrant's record. Whatever of it is missing has been removed before.
 * The lab's files still name them afterwards, until `removeFiles`.
 */
export async function removeMachines(lab: Lab, machines: readonly Machine[], signal?: AbortSignal): Promise<void> {
  const names = machines.map(({ name }) => name);
  const isDocker = lab.layout.provider === 'docker';
  // Power off at once: nothing is kept, and a graceful end takes seconds.
  if (isDocker) await killContainers(lab, names, signal);
  const known = names.filter((name) => existsSync(vagrantRecordOf(lab.folder, name)));
  if (known.length > 0) await vagrant(lab.layout.name, ['destroy', '--force', '--no-parallel', ...known], { signal });
  if (isDocker) await removeFromDocker(lab, machines, signal);
  await Promise.all(names.map((name) => closeConnection(name, lab.folder)));
}

/** Removes what the lab keeps of machines, and then their names from its layout. From now on it has never had them. */
export async function removeFiles(lab: Lab, keep: Layout, machines: readonly Machine[]): Promise<void> {
  for (const { name } of machines) {
    await forgetJoiner(lab.folder, name);
    await rm(join(lab.folder, 'cloud-config', name), { recursive: true, force: true });
    await rm(vagrantRecordOf(lab.folder, name), { recursive: true, force: true });
  }
  await render(keep);
}

const containersOf = async (lab: Lab, names: readonly string[], signal?: AbortSignal) =>
  (await listContainers(lab.layout.name, signal)).filter(({ machine }) => names.includes(machine));

async function killContainers(lab: Lab, names: readonly string[], signal?: AbortSignal): Promise<void> {
  // One that has ended by itself meanwhile cannot be killed; what is left is removed below, whatever its state.
  const running = (await containersOf(lab, names, signal)).filter(({ state }) => state === 'running');
  await Promise.all(running.map(({ id }) => endContainer(['kill'], id, { signal }).catch(() => undefined)));
}

/** A run that was killed may have left a container that Vagrant does not know, or a helper that still fills a store. */
async function removeFromDocker(lab: Lab, machines: readonly Machine[], signal?: AbortSignal): Promise<void> {
  await removeHelpers(lab.layout.name);
  const names = machines.map(({ name }) => name);
  const left = (await containersOf(lab, names, signal)).map(({ id }) => id);
  await Promise.all(left.map((id) => endContainer(['rm', '--force', '--volumes'], id, { signal })));
  const volumes = machines.flatMap((machine) => Object.values(volumesOf(lab.layout, machine)));
  await runOrThrow('docker', ['volume', 'rm', '--force', ...volumes], { signal });
}
