import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLabLock } from './lab-lock.ts';
import { labFolder } from '../system/folders.ts';
import {
  removeContainers,
  removeEverything,
  removeVolumesAndNetworks,
  requireDocker,
  stopContainers,
} from './docker.ts';
import { readLayout } from './open.ts';
import { closeConnections } from './remote.ts';
import type { ActionReporter } from './acting.ts';
import { vagrant } from './vagrant.ts';
import { unlinkVagrantFolder, vagrantFolder } from './vagrant-link.ts';

export interface DownOptions {
  name: string;
  signal?: AbortSignal | undefined;
  reporter: ActionReporter;
}

/** Stops the machines and keeps their data; `lab up` brings the same cluster back. */
export async function haltLab({ name, signal, reporter }: DownOptions): Promise<void> {
  const layout = await readLayout(name);
  if (!layout) return;
  await withLabLock(name, { signal, reporter }, async () => {
    const shown = reporter.action('Stop the machines');
    await closeConnections(layout, labFolder(name));
    // All at once, where Vagrant takes them one by one; and it was seen to end well with a machine that ran on.
    if (layout.provider === 'docker') await stopContainers(name);
    await vagrant(name, ['halt'], { signal });
    shown.done();
  });
}

/** Removes the lab: containers, volumes, network, certificates. Leaves the bundle, progress and reports. */
export async function destroyLab({ name, signal, reporter }: DownOptions): Promise<void> {
  const folder = labFolder(name);
  const layout = await readLayout(name).catch(() => undefined);
  if (existsSync(folder))
    await withLabLock(name, { signal, reporter, orphanSeconds: 0 }, () =>
      destroyNow(name, signal, reporter, layout !== undefined),
    );
  else if (await requireDocker(signal).then(() => true)) await removeEverything(name);
  if (layout) await closeConnections(layout, folder);
  await rm(folder, { recursive: true, force: true });
  await unlinkVagrantFolder(name);
}

async function destroyNow(
  name: string,
  signal: AbortSignal | undefined,
  reporter: ActionReporter,
  rendered: boolean,
): Promise<void> {
  await requireDocker(signal);
  const shown = reporter.action('Remove the machines');
  // Vagrant takes seconds until it looks at the machines. It finds them gone by then, and forgets them.
  const forget = () => vagrant(name, ['destroy', '--force', '--no-parallel'], { signal });
  const vagrantKnows = rendered && existsSync(join(vagrantFolder(name), 'machines'));
  const forgotten = vagrantKnows
    ? forget().then(
        () => true,
        () => false,
      )
    : Promise.resolve(true);
  try {
    await removeContainers(name);
    // A `vagrant up` that outlived its firedrill may still make a container; what fails here is done below.
    await removeVolumesAndNetworks(name).catch(() => undefined);
  } finally {
    // Also where that failed: Vagrant must not go on behind the back of what comes next.
    await forgotten;
  }
  // It trips over a machine that goes away between two of its looks; now there is none left to trip over.
  if (!(await forgotten)) await forget();
  await removeEverything(name);
  shown.done();
}
