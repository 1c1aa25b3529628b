import { readBundle } from '../../bundle/bundle.ts';
import type { ShownAction } from '../acting.ts';
import { knownContainer, removeUnknownContainers, vagrantUp } from '../boot.ts';
import { listContainers, makeNetworkAndVolumes, requireFreePorts } from '../docker.ts';
import { requireInotify } from '../inotify.ts';
import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { closeConnection } from '../remote.ts';

/**
 * Which of these machines Vagrant must boot: those that do not run, and those that it was killed over and does not know.
 * With a provider that cannot be asked: all, as Vagrant leaves a running machine alone.
 */
export async function thoseToBoot(lab: Lab, machines: readonly Machine[]): Promise<Machine[]> {
  if (lab.layout.provider !== 'docker') return [...machines];
  const running = (await listContainers(lab.layout.name)).filter(({ state }) => state === 'running');
  const known = await Promise.all(
    machines.map(async ({ name }) => {
      const id = await knownContainer(lab.folder, name);
      return running.some((one) => one.machine === name && one.id === id);
    }),
  );
  return machines.filter((_, index) => !known[index]);
}

/**
 * Boots machines beside those that run.
 * @throws FiredrillError `inotify-limit`, `port-taken`, `vagrant-failed`.
 */
export async function bootMachines(
  lab: Lab,
  machines: readonly Machine[],
  { signal, shown }: { signal?: AbortSignal | undefined; shown: ShownAction },
): Promise<void> {
  if (machines.length === 0) return;
  const only = { ...lab.layout, machines };
  if (only.provider === 'docker') {
    const others = lab.layout.machines.filter(({ name }) => !machines.some((machine) => machine.name === name));
    await requireInotify([...others, ...machines]);
    await removeUnknownContainers(lab.layout);
    // One that is there has its ports: a Vagrant that outlived a firedrill that was killed may be starting it now.
    const there = new Set((await listContainers(lab.layout.name)).map(({ machine }) => machine));
    await requireFreePorts({ ...only, machines: machines.filter(({ name }) => !there.has(name)) });
    await makeNetworkAndVolumes(only, signal);
  }
  await Promise.all(machines.map((machine) => closeConnection(machine.name, lab.folder)));
  const bundle = await readBundle();
  await vagrantUp(only, { bundle, names: machines.map(({ name }) => name), signal, shown });
}
