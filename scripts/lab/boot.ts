import { join } from 'node:path';
import type { Bundle } from '../bundle/bundle.ts';
import { readIfThere } from '../system/files.ts';
import { labFolder } from '../system/folders.ts';
import { together } from '../system/together.ts';
import type { ShownAction } from './acting.ts';
import { fillImageStores, listContainers, removeHelpers } from './docker.ts';
import { endContainer } from './end-container.ts';
import { portsOf, type Layout } from './layout.ts';
import { vagrantRecordOf } from './vagrant-link.ts';
import { forgetPortLeases } from './vagrant-orphans.ts';
import { vagrant } from './vagrant.ts';

export interface VagrantUp {
  bundle: Bundle;
  /** Names of the machines to boot; none is possible. Default: all. */
  names?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
  shown: ShownAction;
}

/**
 * Boots the machines of a layout. A machine's containerd waits for its image store, so that the stores are filled while
 * Vagrant works.
 * @throws FiredrillError `vagrant-failed`.
 */
export async function vagrantUp(layout: Layout, { bundle, names, signal, shown }: VagrantUp): Promise<void> {
  const isDocker = layout.provider === 'docker';
  await forgetPortLeases(layout.name, portsOf(layout));
  const fill = (ends: AbortSignal) => fillImageStores(layout, { ...bundle, signal: ends });
  const boot = (ends: AbortSignal) =>
    vagrant(layout.name, ['up', `--provider=${layout.provider}`, ...(names ?? [])], {
      signal: ends,
      onLine: (line) => {
        shown.update(line.replace(/^==> /, '').trim());
      },
    });
  await together([...(isDocker ? [fill] : []), ...(names?.length === 0 ? [] : [boot])], signal);
  if (isDocker) await removeHelpers(layout.name);
}

/**
 * A container that Vagrant was killed over has the machine's name and would be in its way, and so would one that a
 * destroy, which was interrupted, had begun to remove.
 */
export async function removeUnknownContainers(layout: Layout): Promise<void> {
  await removeHelpers(layout.name);
  for (const { id, machine, state } of await listContainers(layout.name)) {
    const isKnown = (await knownContainer(labFolder(layout.name), machine)) === id;
    if (!isKnown || ['removing', 'dead'].includes(state)) await endContainer(['rm', '--force'], id);
  }
}

/** Id of the container that Vagrant takes for this machine, or undefined where it knows none. */
export const knownContainer = async (folder: string, machine: string): Promise<string | undefined> =>
  (await readIfThere(join(vagrantRecordOf(folder, machine), 'docker', 'id')))?.trim();
