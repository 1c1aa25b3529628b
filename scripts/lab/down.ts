import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../bundle/lock.ts';
import { labFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';
import { listContainers, removeEverything, requireDocker } from './docker.ts';
import { readLayout } from './open.ts';
import { closeConnections } from './remote.ts';
import type { ActionReporter } from './up.ts';
import { vagrant } from './vagrant.ts';

export interface DownOptions {
  name: string;
  signal?: AbortSignal | undefined;
  reporter: ActionReporter;
}

/** Stops the machines and keeps their data; `lab up` brings the same cluster back. */
export async function haltLab({ name, signal, reporter }: DownOptions): Promise<void> {
  const layout = await readLayout(name);
  if (!layout) return;
  await withLock(name, signal, async () => {
    const shown = reporter.action('Stop the machines');
    await closeConnections(layout, labFolder(name));
    await vagrant(name, ['halt'], { signal });
    shown.done();
  });
}

/** Removes the lab: containers, volumes, network, certificates. Leaves the bundle, progress and reports. */
export async function destroyLab({ name, signal, reporter }: DownOptions): Promise<void> {
  const folder = labFolder(name);
  const layout = await readLayout(name).catch(() => undefined);
  if (existsSync(folder)) await withLock(name, signal, () => destroyNow(name, signal, reporter, layout !== undefined));
  else if (await requireDocker(signal).then(() => true)) await removeEverything(name);
  if (layout) await closeConnections(layout, folder);
  await rm(folder, { recursive: true, force: true });
}

async function destroyNow(
  name: string,
  signal: AbortSignal | undefined,
  reporter: ActionReporter,
  rendered: boolean,
): Promise<void> {
  await requireDocker(signal);
  const shown = reporter.action('Remove the machines');
  const running = (await listContainers(name)).filter(({ state }) => state !== 'exited' && state !== 'created');
  // Power off at once: a graceful stop of etcd takes ten seconds, and nothing of it is kept.
  if (running.length > 0) await run('docker', ['kill', ...running.map(({ id }) => id)], { timeoutSeconds: 30 });
  if (rendered && existsSync(join(labFolder(name), 'vagrant', 'machines'))) {
    await vagrant(name, ['destroy', '--force'], { signal });
  }
  await removeEverything(name);
  shown.done();
}

async function withLock(name: string, signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
  const unlock = await takeLock(join(labFolder(name), 'lock'), { signal });
  try {
    await work();
  } finally {
    await unlock();
  }
}
