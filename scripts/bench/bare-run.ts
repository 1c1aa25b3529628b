import { readBundle } from '../bundle/bundle.ts';
import { listContainers } from '../lab/docker.ts';
import { createArguments } from '../lab/docker-machine.ts';
import { createLayout } from '../lab/layout.ts';
import { run, runOrThrow } from '../system/run.ts';
import { waitUntil } from '../system/wait.ts';
import { benchLab } from './bench-lab.ts';
import { secondsOf } from './statistics.ts';

/**
 * Seconds that the docker engine alone needs for one machine: `docker run` of the machine image, until its systemd has
 * started. What a slow computer does to every other number, it does to this one too.
 */
export async function bareRun(signal: AbortSignal): Promise<number> {
  const { machineImage } = await readBundle();
  const name = `${benchLab.name}-bare`;
  const [machine] = createLayout({ name, subnet: benchLab.subnet, size: 'single' }).machines;
  if (machine === undefined) throw new Error('A lab has at least one machine.');
  // The rights of a machine, without the lab's network and address.
  const wanted = await createArguments(createLayout({ name, subnet: benchLab.subnet, size: 'single' }), machine);
  const rights = wanted.slice(0, wanted.indexOf('--network'));
  const label = ['--label', `firedrill.lab=${name}`, '--label', 'firedrill.machine=bare'];
  await remove(name);
  try {
    return await secondsOf(async () => {
      await runOrThrow('docker', ['run', '--detach', '--name', name, ...label, ...rights, machineImage], { signal });
      const hasStarted = async (): Promise<boolean> => {
        const args = ['exec', name, 'systemctl', 'is-system-running'];
        return /running|degraded/.test((await run('docker', args, { signal, timeoutSeconds: 10 })).stdout);
      };
      await waitUntil(hasStarted, { what: 'systemd has started', deadlineSeconds: 60, everySeconds: 0.05, signal });
    });
  } finally {
    await remove(name);
  }
}

async function remove(name: string): Promise<void> {
  for (const { id } of await listContainers(name)) await runOrThrow('docker', ['rm', '--force', '--volumes', id]);
}
