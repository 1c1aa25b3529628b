import type { Bundle } from '../bundle/bundle.ts';
import { listContainers } from '../lab/docker.ts';
import { labLabel } from '../lab/docker-machine.ts';
import { FiredrillError } from '../system/errors.ts';
import { run, runOrThrow } from '../system/run.ts';
import type { Place, PlaygroundMachine } from './place.ts';

/** The machine's rules follow the file `cuts`: before etcd starts, and again whenever it changes. `$0` is the machine. */
const applyCuts = [
  'iptables -w -F INPUT',
  'while read -r from address; do',
  '  if [ "$from" = "$0" ]; then iptables -w -A INPUT -s "$address" -j DROP; fi',
  'done </playground/cuts',
].join('\n');

export async function createNetwork(place: Place, signal?: AbortSignal): Promise<void> {
  const args = ['network', 'create', '--label', labLabel(place.name), '--subnet', place.subnet, place.name];
  const result = await run('docker', args, { signal, timeoutSeconds: 30 });
  if (result.exitCode === 0) return;
  throw new FiredrillError(`Docker cannot make the playground's network ${place.subnet}: ${result.stderr.trim()}`, {
    code: 'network-taken',
    remedy: "Something else uses these addresses ('docker network ls'). Set FIREDRILL_PLAYGROUND_SUBNET=10.0.94.0/24.",
  });
}

/**
 * Makes a machine and starts etcd on it: a plain container whose process is etcd itself, without TLS.
 * @param members those of the cluster that it forms (`new`) or joins (`existing`), itself among them.
 */
export async function runMember(
  place: Place,
  machine: PlaygroundMachine,
  options: {
    bundle: Bundle;
    members: readonly PlaygroundMachine[];
    cluster: 'new' | 'existing';
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const { bundle, members, cluster, signal } = options;
  const peers = members.map(({ name, address }) => `${name}=${peerUrl(address)}`).join(',');
  const etcd = [
    ...['--name', machine.name, '--data-dir', '/var/lib/etcd/data'],
    ...['--listen-client-urls', 'http://0.0.0.0:2379', '--advertise-client-urls', `http://${machine.address}:2379`],
    ...['--listen-peer-urls', 'http://0.0.0.0:2380', '--initial-advertise-peer-urls', peerUrl(machine.address)],
    ...['--initial-cluster', peers, '--initial-cluster-state', cluster, '--initial-cluster-token', place.name],
    // etcd's defaults, given because the lesson measures against them.
    ...['--heartbeat-interval', '100', '--election-timeout', '1000'],
  ];
  await runOrThrow(
    'docker',
    [
      ...['run', '--detach', '--pull', 'never', '--name', machine.container, '--hostname', machine.name],
      ...['--label', labLabel(place.name), '--label', `firedrill.machine=${machine.name}`],
      ...['--network', place.name, '--ip', machine.address, '--publish', `127.0.0.1:${machine.port}:2379`],
      ...[
        '--cap-add',
        'NET_ADMIN',
        '--volume',
        `${bundle.bin}:/opt/bin:ro`,
        '--volume',
        `${place.folder}:/playground:ro`,
      ],
      // A volume of its own, because it must outlive a stop and be quicker than an image's layers.
      ...['--volume', '/var/lib/etcd', '--entrypoint', '/bin/sh', bundle.machineImage],
      ...['-c', `${applyCuts}\nexec /opt/bin/etcd "$@"`, machine.name, ...etcd],
    ],
    { signal, timeoutSeconds: 60 },
  );
}

/** `stop` lets etcd say goodbye and hand over its lead; `kill` does not. */
export async function endMembers(machines: readonly PlaygroundMachine[], how: 'stop' | 'kill'): Promise<void> {
  const containers = machines.map(({ container }) => container);
  const args = how === 'stop' ? ['stop', '--time', '5', ...containers] : ['kill', ...containers];
  if (containers.length > 0) await runOrThrow('docker', args, { timeoutSeconds: 60 });
}

export async function startMembers(machines: readonly PlaygroundMachine[]): Promise<void> {
  const containers = machines.map(({ container }) => container);
  if (containers.length > 0) await runOrThrow('docker', ['start', ...containers], { timeoutSeconds: 60 });
}

/** Removes the machine and its data. */
export async function removeMachine(machine: PlaygroundMachine): Promise<void> {
  await runOrThrow('docker', ['rm', '--force', '--volumes', machine.container], { timeoutSeconds: 60 });
}

/** Makes the rules of a running machine what the file says. */
export async function followCuts(machine: PlaygroundMachine): Promise<void> {
  const args = ['exec', machine.container, '/bin/sh', '-c', applyCuts, machine.name];
  await runOrThrow('docker', args, { timeoutSeconds: 20 });
}

/** State of each machine that there is, by its name: `running`, `exited`. */
export async function machineStates(place: Place, signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const containers = await listContainers(place.name, signal);
  return new Map(containers.map(({ machine, state }) => [machine, state]));
}

export const peerUrl = (address: string): string => `http://${address}:2380`;
