import { createServer } from 'node:net';
import { basename, dirname, relative } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { quoted, run, runOrThrow } from '../system/run.ts';
import { together } from '../system/together.ts';
import { labLabel, volumesOf } from './docker-machine.ts';
import { endContainer } from './end-container.ts';
import { hasRole, portsOf, type Layout, type Machine } from './layout.ts';
import { makeNetwork } from './network.ts';

export interface Container {
  id: string;
  machine: string;
  /** `running`, `exited`, `created`, `paused`, `removing`, `dead`. */
  state: string;
}

/**
 * The lab's containers, whatever state they are in. Found by the lab's mark, not by name.
 * @throws FiredrillError `docker-silent`.
 */
export async function listContainers(labName: string, signal?: AbortSignal): Promise<Container[]> {
  const format = '{{.ID}}\t{{.Label "firedrill.machine"}}\t{{.State}}';
  const args = ['ps', '--all', '--no-trunc', ...marked(labName), '--filter', 'label=firedrill.machine'];
  args.push('--format', format);
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

/** Which of these docker machines do not run. @throws FiredrillError `docker-silent`. */
export async function thoseThatDoNotRun(
  labName: string,
  machines: readonly Machine[],
  signal?: AbortSignal,
): Promise<Machine[]> {
  const running = (await listContainers(labName, signal)).filter(({ state }) => state === 'running');
  return machines.filter(({ name }) => !running.some(({ machine }) => machine === name));
}

/** @throws FiredrillError `docker-silent` where the engine does not answer this user. */
export async function requireDocker(signal?: AbortSignal): Promise<void> {
  const result = await run('docker', ['version', '--format', '{{.Server.Version}}'], { signal, timeoutSeconds: 20 });
  if (result.exitCode === 0) return;
  const denied = result.stderr.includes('permission denied');
  throw new FiredrillError(denied ? 'You may not use the docker engine yet.' : 'The docker engine does not answer.', {
    code: 'docker-silent',
    remedy: denied
      ? "Run 'npx firedrill setup': it puts you into the group 'docker', after asking. Then log out and in again."
      : startIt(),
    cause: new Error(result.stderr.trim()),
  });
}

/** An engine elsewhere is not ours to start. */
function startIt(): string {
  const elsewhere = process.env['DOCKER_HOST'];
  if (!elsewhere) return "Run 'npx firedrill setup': it starts the engine, after asking.";
  return `DOCKER_HOST says that it is at ${elsewhere}. Start it there, or use this computer's own: 'unset DOCKER_HOST'.`;
}

/**
 * Makes the lab's network and volumes where they are not there yet.
 * @throws FiredrillError `network-taken`.
 */
export async function makeNetworkAndVolumes(layout: Layout, signal?: AbortSignal): Promise<void> {
  await makeNetwork(layout, { signal });
  const label = ['--label', labLabel(layout.name)];
  const names = layout.machines.flatMap((machine) => Object.values(volumesOf(layout, machine)));
  await Promise.all(names.map((name) => runOrThrow('docker', ['volume', 'create', ...label, name], { signal })));
}

/**
 * Fills the image store of each node whose volume has none yet, in one short-lived container. The archive is unpacked
 * once, into a volume that stays (`firedrill uninstall` removes it); the stores link to its files, for containerd and
 * overlayfs never change a file of an image in place: they replace or copy it. Only the databases are real copies.
 */
export async function fillImageStores(
  layout: Layout,
  options: { imageStore: string; machineImage: string; signal?: AbortSignal | undefined },
): Promise<void> {
  const { imageStore, machineImage, signal } = options;
  const names = layout.machines
    .map((machine) => volumesOf(layout, machine)['/var/lib/containerd'])
    .filter((name) => name !== undefined);
  const cache = `firedrill-${basename(imageStore, '.tar')}`;
  await runOrThrow('docker', ['volume', 'create', '--label', 'firedrill.cache=image-store', cache], { signal });
  const format = '{{.Mountpoint}}';
  const folders = lines(
    await runOrThrow('docker', ['volume', 'inspect', '--format', format, cache, ...names], { signal }),
  );
  // All in one mount: nothing can be linked from one mount to another.
  const root = dirname(dirname(folders[0] ?? '/'));
  const [unpacked = '', ...stores] = folders.map((folder) => quoted(relative(root, folder)));
  // The marks are written last, so what was done half is done again. Two labs that boot at once take turns.
  const script = [
    'set -e; cd /volumes',
    `exec 9<${unpacked}; flock 9`,
    `if [ ! -e ${unpacked}/.unpacked ]; then`,
    `  find ${unpacked} -mindepth 1 -delete; tar -C ${unpacked} -xf /image-store.tar; touch ${unpacked}/.unpacked`,
    'fi',
    `for store in ${stores.join(' ')}; do`,
    '  [ ! -e $store/.filled ] || continue',
    `  find $store -mindepth 1 -delete; cp -al ${unpacked}/. $store`,
    `  (cd ${unpacked}; find . -name '*.db') | while read -r file; do`,
    `    cp --remove-destination ${unpacked}/$file $store/$file`,
    '  done',
    '  touch $store/.filled',
    'done',
  ].join('\n');
  await runOrThrow(
    'docker',
    [
      // It stays until `removeHelpers`: Vagrant fails where a container goes away that it has just found in docker's list.
      ...['run', '--label', labLabel(layout.name), '--label', helperLabel, '--network', 'none'],
      ...['--entrypoint', '/bin/sh'],
      ...['--volume', `${root}:/volumes`, '--volume', `${imageStore}:/image-store.tar:ro`, machineImage, '-c', script],
    ],
    { signal, timeoutSeconds: 300 },
  );
}

/** Stops every machine that runs, as `vagrant halt` does: a second for a goodbye. */
export async function stopContainers(labName: string): Promise<void> {
  const running = (await listContainers(labName)).filter(({ state }) => state === 'running');
  await Promise.all(running.map(({ id }) => endContainer(['stop', '--time', '1'], id)));
}

/** Gives the controllers' machines that there are so much of busy processors (docker's `--cpu-shares`). */
export async function shareProcessors(layout: Layout, shares: number): Promise<void> {
  const controllers = layout.machines.filter((machine) => hasRole(machine, 'controller')).map(({ name }) => name);
  const ids = (await listContainers(layout.name))
    .filter(({ machine }) => controllers.includes(machine))
    .map(({ id }) => id);
  if (ids.length > 0) await runOrThrow('docker', ['update', '--cpu-shares', String(shares), ...ids]);
}

/** Removes the containers that have done their work beside the lab's machines. */
export async function removeHelpers(labName: string): Promise<void> {
  const args = ['ps', '--all', '--quiet', ...marked(labName), '--filter', `label=${helperLabel}`];
  const helpers = lines(await runOrThrow('docker', args));
  if (helpers.length > 0) await runOrThrow('docker', ['rm', '--force', '--volumes', ...helpers]);
}

const helperLabel = 'firedrill.helper=image-store';

/** Removes every container, volume and network with the lab's mark. */
export async function removeEverything(labName: string): Promise<void> {
  await removeContainers(labName);
  await removeVolumesAndNetworks(labName);
}

/** Removes every container with the lab's mark, at once and without a goodbye: etcd's would take ten seconds. */
export async function removeContainers(labName: string): Promise<void> {
  const containers = lines(await runOrThrow('docker', ['ps', '--all', '--quiet', ...marked(labName)]));
  // One command each: the client takes several names one after the other. Where one fails, the others are waited for: the
  // engine would go on with them behind the back of what comes next.
  await together(containers.map((id) => () => endContainer(['rm', '--force', '--volumes'], id)));
}

/** Removes every volume and network with the lab's mark. @throws FiredrillError `command-failed` where a container uses one. */
export async function removeVolumesAndNetworks(labName: string): Promise<void> {
  const volumes = lines(await runOrThrow('docker', ['volume', 'ls', '--quiet', ...marked(labName)]));
  const networks = lines(await runOrThrow('docker', ['network', 'ls', '--quiet', ...marked(labName)]));
  await Promise.all([
    ...volumes.map((name) => runOrThrow('docker', ['volume', 'rm', '--force', name])),
    ...networks.map((id) => runOrThrow('docker', ['network', 'rm', id])),
  ]);
}

const marked = (labName: string): string[] => ['--filter', `label=${labLabel(labName)}`];

/**
 * Looks whether each port that the lab publishes is free on 127.0.0.1.
 * @throws FiredrillError `port-taken`, naming them.
 */
export async function requireFreePorts(layout: Layout): Promise<void> {
  const taken = (await Promise.all(portsOf(layout).map(async (port) => ((await isFree(port)) ? [] : [port])))).flat();
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
