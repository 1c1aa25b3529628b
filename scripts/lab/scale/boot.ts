import { join } from 'node:path';
import { readBundle } from '../../bundle/bundle.ts';
import { readIfThere } from '../../system/files.ts';
import { fillImageStores, listContainers, makeNetworkAndVolumes, removeHelpers, requireFreePorts } from '../docker.ts';
import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { closeConnection } from '../remote.ts';
import type { ShownAction } from '../acting.ts';
import { removeUnknownContainers } from '../up.ts';
import { vagrant } from '../vagrant.ts';

/** Which of these containers do not run. */
export async function thoseThatDoNotRun(lab: Lab, machines: readonly Machine[]): Promise<Machine[]> {
  const running = (await listContainers(lab.layout.name)).filter(({ state }) => state === 'running');
  return machines.filter(({ name }) => !running.some(({ machine }) => machine === name));
}

/**
 * Which of these machines Vagrant must boot: those that do not run, and those that it was killed over and does not know.
 * With a provider that cannot be asked: all, as Vagrant leaves a running machine alone.
 */
export async function thoseToBoot(lab: Lab, machines: readonly Machine[]): Promise<Machine[]> {
  if (lab.layout.provider !== 'docker') return [...machines];
  const running = (await listContainers(lab.layout.name)).filter(({ state }) => state === 'running');
  const known = await Promise.all(
    machines.map(async ({ name }) => {
      const id = await readIfThere(join(lab.folder, 'vagrant', 'machines', name, 'docker', 'id'));
      return running.some((one) => one.machine === name && one.id === id?.trim());
    }),
  );
  return machines.filter((_, index) => !known[index]);
}

/**
 * Boots machines. A machine's containerd waits for its image store, so that the stores are filled while Vagrant works.
 * @throws FiredrillError `port-taken`, `vagrant-failed`.
 */
export async function bootMachines(
  lab: Lab,
  machines: readonly Machine[],
  { signal, shown }: { signal?: AbortSignal | undefined; shown: ShownAction },
): Promise<void> {
  if (machines.length === 0) return;
  const { name, provider } = lab.layout;
  const only = { ...lab.layout, machines };
  const isDocker = provider === 'docker';
  if (isDocker) {
    await removeUnknownContainers(lab.layout);
    await requireFreePorts(only);
    await makeNetworkAndVolumes(only, signal);
  }
  await Promise.all(machines.map((machine) => closeConnection(machine.name, lab.folder)));
  const bundle = await readBundle();
  await Promise.all([
    isDocker && fillImageStores(only, { ...bundle, signal }),
    vagrant(name, ['up', `--provider=${provider}`, ...machines.map((machine) => machine.name)], {
      signal,
      onLine: (line) => {
        shown.update(line.replace(/^==> /, '').trim());
      },
    }),
  ]);
  if (isDocker) await removeHelpers(name);
}
