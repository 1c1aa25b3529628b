import type { Act } from '../acting.ts';
import { patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { drainLeaving } from './drain.ts';
import { forgetInCluster } from './forget.ts';
import { keepJoiner } from './joiner.ts';
import { kubectl } from './kubectl.ts';
import { removeFiles, removeMachines } from './remove.ts';
import { tellRoutes } from './routes.ts';
import { namesOf } from './workers.ts';

interface LeaveOptions {
  act: Act;
  signal?: AbortSignal | undefined;
}

/**
 * Lets machines leave, one after the other, in the order given. Each step may be done again, and the layout forgets a
 * machine last: a run that was killed is completed by the next.
 * @throws FiredrillError `drain-held-up`, `drain-failed`, `kubectl-failed`, `vagrant-failed`.
 */
export async function leaveOneByOne(lab: Lab, leaving: readonly Machine[], options: LeaveOptions): Promise<void> {
  const { act, signal } = options;
  if (leaving.length === 0) return;
  // All of them, before the first one is drained: its pods must not move to one that leaves next.
  await act(`Give ${namesOf(leaving)} no new pods`, () => cordon(lab, leaving, signal));
  const staying = lab.layout.machines.filter((machine) => !leaving.includes(machine));
  for (const machine of leaving) {
    const keep = { ...lab.layout, machines: lab.layout.machines.filter(({ name }) => name !== machine.name) };
    await act(
      `Drain ${machine.name}`,
      (shown) => drainLeaving(lab, machine.name, { signal, shown }),
      (lost) => lost,
    );
    await act(`Delete the node ${machine.name}`, () => deleteNode(lab, machine.name, signal));
    await act(`Remove the machine ${machine.name}`, async () => {
      await removeMachines(lab, [machine], signal);
      await forgetInCluster(lab, [machine], signal);
      // One that leaves next may not even run, and needs no way to anybody.
      await tellRoutes(lab, keep, { machines: staying, signal });
      // The lab's files forget the machine last: until then the next run finds it in the layout, and begins again.
      await removeFiles(lab, keep, [machine]);
    });
  }
}

async function cordon(lab: Lab, machines: readonly Machine[], signal?: AbortSignal): Promise<void> {
  for (const { name } of machines) await keepJoiner(lab.folder, name, { leaves: true });
  const nodes = await existing(lab, machines);
  if (nodes.length > 0) await kubectl(lab, ['cordon', ...nodes], { signal });
}

/** Takes back that these machines were told to leave: a run that was to remove them did not get to its end. */
export async function keepAfterAll(lab: Lab, machines: readonly Machine[], signal?: AbortSignal): Promise<void> {
  const nodes = await existing(lab, machines);
  if (nodes.length > 0) await kubectl(lab, ['uncordon', ...nodes], { signal });
  for (const { name } of machines) await keepJoiner(lab.folder, name, { leaves: false });
}

async function existing(lab: Lab, machines: readonly Machine[]): Promise<string[]> {
  const { items } = await lab.kubernetes.get<{ items: { metadata: { name: string } }[] }>('/api/v1/nodes', {
    timeoutSeconds: patientSeconds,
  });
  const nodes = items.map(({ metadata }) => metadata.name);
  return machines.map(({ name }) => name).filter((name) => nodes.includes(name));
}

async function deleteNode(lab: Lab, name: string, signal?: AbortSignal): Promise<void> {
  // A kubelet that starts again would register its node anew. A machine that does not answer has none that could.
  await lab.on(name, 'systemctl stop kubelet', { signal, timeoutSeconds: 30 }).catch(() => undefined);
  signal?.throwIfAborted();
  await kubectl(lab, ['delete', 'node', name, '--ignore-not-found'], { signal });
}
