import { FiredrillError } from '../system/errors.ts';
import { readIfThere } from '../system/files.ts';
import { run, runOrThrow } from '../system/run.ts';
import { labLabel } from './docker-machine.ts';
import {
  dockerNetworkFormat,
  dockerNetworksIn,
  routesIn,
  routesPath,
  subnetBeside,
  type NamedNetwork,
} from './networks-around.ts';
import type { Layout } from './layout.ts';
import { overlap, takesFrom } from './subnet.ts';

interface NetworkOptions {
  signal?: AbortSignal | undefined;
  /** The kernel's table of routes, where there is one. Tests make it up. */
  routes?: () => Promise<string | undefined>;
}

/**
 * Makes the lab's network where it is not there yet. Docker would make it beside a bridge that has its addresses, too, and
 * the machines would not find each other: so the computer's routes are looked at first.
 * @throws FiredrillError `network-taken`, naming what has the addresses.
 */
export async function makeNetwork(layout: Layout, options: NetworkOptions = {}): Promise<void> {
  const { name, subnet } = layout;
  const { signal, routes = () => readIfThere(routesPath) } = options;
  const label = labLabel(name);
  const made = await runOrThrow('docker', ['network', 'ls', '--filter', `label=${label}`, '--quiet'], { signal });
  if (made.trim() !== '') return;
  const around = routesIn((await routes()) ?? '');
  const inTheWay = around.filter((route) => takesFrom(route.subnet, subnet));
  if (inTheWay.length > 0) throw await networkTaken(layout, { around, inTheWay, signal });
  const create = ['network', 'create', '--label', label, '--subnet', subnet, name];
  const { exitCode, stderr } = await run('docker', create, { signal });
  if (exitCode !== 0) throw await networkTaken(layout, { around, inTheWay, said: stderr.trim(), signal });
}

interface Taken {
  around: readonly NamedNetwork[];
  /** Routes that take addresses of the lab's. */
  inTheWay: readonly NamedNetwork[];
  /** What docker said, where it was asked. */
  said?: string;
  signal: AbortSignal | undefined;
}

async function networkTaken({ name, subnet }: Layout, taken: Taken): Promise<FiredrillError> {
  const { around, inTheWay, said = '', signal } = taken;
  const elsewhere = `'npx firedrill lab destroy', and then 'npx firedrill lab up --subnet ${subnetBeside(around)}'.`;
  const told = (message: string, remedy: string) => new FiredrillError(message, { code: 'network-taken', remedy });
  // Docker's own networks have routes as well, over interfaces whose names tell nobody anything.
  const docker = (await networksOver(subnet, signal)).map((other) => `'${other}'`).join(', ');
  if (docker !== '') {
    return told(
      `The lab's network ${subnet} is taken: docker's network ${docker} has these addresses.`,
      `Is it another lab? Destroy that one first. Or choose other addresses: ${elsewhere}`,
    );
  }
  if (inTheWay.length > 0) {
    const interfaces = inTheWay.map((other) => `the interface '${other.name}' has ${other.subnet}`).join(', ');
    return told(
      `The lab's network ${subnet} is taken on this computer: ${interfaces}.`,
      `'ip route' shows it; LXC's own bridge is such a one. Choose other addresses: ${elsewhere}`,
    );
  }
  return told(
    `Docker cannot make the network ${subnet} of the lab '${name}': ${said}`,
    `'docker network ls' and 'ip route' tell what uses these addresses. Or choose others: ${elsewhere}`,
  );
}

/** Names of docker's networks that have addresses of this one. */
async function networksOver(subnet: string, signal?: AbortSignal): Promise<string[]> {
  const ids = (await runOrThrow('docker', ['network', 'ls', '--quiet'], { signal }))
    .split('\n')
    .filter((id) => id !== '');
  const told = await runOrThrow('docker', ['network', 'inspect', '--format', dockerNetworkFormat, ...ids], { signal });
  return dockerNetworksIn(told).flatMap((other) => (overlap(subnet, other.subnet) ? [other.name] : []));
}
