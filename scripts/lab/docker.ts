import { createServer } from 'node:net';
import { FiredrillError } from '../system/errors.ts';
import { run, runOrThrow } from '../system/run.ts';
import { labLabel, volumesOf } from './docker-machine.ts';
import type { Layout } from './layout.ts';
import { overlap } from './subnet.ts';

export interface Container {
  id: string;
  machine: string;
  /** `running`, `exited`, `created`, `paused`. */
  state: string;
}

/**
 * The lab's containers, whatever state they are in. Found by the lab's mark, not by name.
 * @throws FiredrillError `docker-silent`.
 */
export async function listContainers(labName: string, signal?: AbortSignal): Promise<Container[]> {
  const format = '{{.ID}}\t{{.Label "firedrill.machine"}}\t{{.State}}';
  const args = ['ps', '--all', '--no-trunc', '--filter', `label=${labLabel(labName)}`, '--format', format];
  const out = await runOrThrow('docker', args, { signal, timeoutSeconds: 20 }).catch(async (error: unknown) => {
    // An engine that does not answer has a better message, with a remedy.
    if (!signal?.aborted) await requireDocker(signal);
    throw error;
  });
  return lines(out).map((line) => {
    const [id = '', machine = '', state = ''] = line.split('\t');
    return { id, machine, state };
  });
}

/** @throws FiredrillError `docker-silent` where the engine does not answer this user. */
export async function requireDocker(signal?: AbortSignal): Promise<void> {
  const result = await run('docker', ['version', '--format', '{{.Server.Version}}'], { signal, timeoutSeconds: 20 });
  if (result.exitCode === 0) return;
  const denied = result.stderr.includes('permission denied');
  throw new FiredrillError(denied ? 'You may not use the docker engine yet.' : 'The docker engine does not answer.', {
    code: 'docker-silent',
    remedy: denied ? "Run 'sudo usermod -aG docker $USER', then log out and in again." : startIt(),
    cause: new Error(result.stderr.trim()),
  });
}

/** An engine elsewhere is not ours to start. */
function startIt(): string {
  const elsewhere = process.env['DOCKER_HOST'];
  if (!elsewhere) return "Run 'npx firedrill setup': it starts the engine, after asking.";
  return `DOCKER_HOST says that it is at ${elsewhere}. Start it there, or use this computer's own: 'unset DOCKER_HOST'.`;
}

/** Makes the lab's network and volumes where they are not there yet. Returns the volumes of containerd that are new. */
export async function makeNetworkAndVolumes(layout: Layout, signal?: AbortSignal): Promise<void> {
  const label = ['--label', labLabel(layout.name)];
  const networks = await runOrThrow(
    'docker',
    ['network', 'ls', '--filter', `label=${labLabel(layout.name)}`, '--quiet'],
    {
      signal,
    },
  );
  if (networks.trim() === '') {
    const result = await run('docker', ['network', 'create', ...label, '--subnet', layout.subnet, layout.name], {
      signal,
    });
    if (result.exitCode !== 0) throw await networkTaken(layout, result.stderr.trim(), signal);
  }
  const names = layout.machines.flatMap((machine) => Object.values(volumesOf(layout, machine)));
  await Promise.all(names.map((name) => runOrThrow('docker', ['volume', 'create', ...label, name], { signal })));
}

async function networkTaken(layout: Layout, said: string, signal?: AbortSignal): Promise<FiredrillError> {
  const { name, subnet } = layout;
  const others = await networksOver(subnet, signal);
  const elsewhere = `'npx firedrill lab destroy', and then 'npx firedrill lab up --subnet 10.0.9.0/24'.`;
  const found = others.map((other) => `'${other}'`).join(', ');
  return new FiredrillError(
    found === ''
      ? `Docker cannot make the network ${subnet} of the lab '${name}': ${said}`
      : `The lab's network ${subnet} is taken: docker's network ${found} has these addresses.`,
    {
      code: 'network-taken',
      remedy:
        found === ''
          ? `'docker network ls' and 'ip route' tell what uses these addresses. Or choose others: ${elsewhere}`
          : `Is it another lab? Destroy that one first. Or choose other addresses: ${elsewhere}`,
    },
  );
}

/** Names of docker's networks that have addresses of this one. */
async function networksOver(subnet: string, signal?: AbortSignal): Promise<string[]> {
  const ids = lines(await runOrThrow('docker', ['network', 'ls', '--quiet'], { signal }));
  const format = '{{range .IPAM.Config}}{{$.Name}} {{.Subnet}}{{println}}{{end}}';
  const out = await runOrThrow('docker', ['network', 'inspect', '--format', format, ...ids], { signal });
  return lines(out)
    .map((line) => line.trim().split(' '))
    .flatMap(([name = '', other = '']) => (other.includes('.') && overlap(subnet, other) ? [name] : []));
}

/** Unpacks the image store into each node's volume that has none yet, in one short-lived container. */
export async function fillImageStores(
  layout: Layout,
  options: { imageStore: string; machineImage: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const volumes = layout.machines
    .map((machine) => volumesOf(layout, machine)['/var/lib/containerd'])
    .filter((name) => name !== undefined);
  const mounts = volumes.flatMap((name, index) => ['--volume', `${name}:/stores/${index}`]);
  // The file is written last, so a store that was filled half is filled again.
  const script = [
    'cd /stores',
    'fill() { [ -e $1/.filled ] || { find $1 -mindepth 1 -delete; tar -C $1 -xf /image-store.tar && touch $1/.filled; }; }',
    'for store in *; do fill $store & jobs="$jobs $!"; done',
    'for job in $jobs; do wait $job || exit 1; done',
  ].join('\n');
  await runOrThrow(
    'docker',
    [
      ...['run', '--rm', '--label', labLabel(layout.name), '--network', 'none', '--entrypoint', '/bin/sh', ...mounts],
      ...['--volume', `${options.imageStore}:/image-store.tar:ro`, options.machineImage, '-c', script],
    ],
    { signal: options.signal, timeoutSeconds: 300 },
  );
}

/** Removes every container, volume and network with the lab's mark. */
export async function removeEverything(labName: string): Promise<void> {
  const filter = ['--filter', `label=${labLabel(labName)}`];
  const containers = lines(await runOrThrow('docker', ['ps', '--all', '--quiet', ...filter]));
  if (containers.length > 0) await runOrThrow('docker', ['rm', '--force', '--volumes', ...containers]);
  const volumes = lines(await runOrThrow('docker', ['volume', 'ls', '--quiet', ...filter]));
  if (volumes.length > 0) await runOrThrow('docker', ['volume', 'rm', '--force', ...volumes]);
  const networks = lines(await runOrThrow('docker', ['network', 'ls', '--quiet', ...filter]));
  if (networks.length > 0) await runOrThrow('docker', ['network', 'rm', ...networks]);
}

/**
 * Looks whether each port that the lab publishes is free on 127.0.0.1.
 * @throws FiredrillError `port-taken`, naming them.
 */
export async function requireFreePorts(layout: Layout): Promise<void> {
  const ports = layout.machines.flatMap((machine) => Object.values(machine.publishedPorts));
  const taken = (await Promise.all(ports.map(async (port) => ((await isFree(port)) ? [] : [port])))).flat();
  if (taken.length === 0) return;
  throw new FiredrillError(`On 127.0.0.1 something else uses what the lab needs: port ${taken.join(', ')}.`, {
    code: 'port-taken',
    remedy: `'ss -ltnp' tells what. End it, or choose other ports: 'npx firedrill lab up --first-port ${layout.firstPort + 1000}'.`,
  });
}

/** Whether nobody listens on a TCP port of 127.0.0.1. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
