import {
  dockerNetworkFormat,
  dockerNetworksIn,
  routesIn,
  routesPath,
  type NamedNetwork,
} from '../lab/networks-around.ts';
import type { Host } from './host.ts';

/** Networks of the docker engine. None where it does not answer. */
export async function networksOfDocker(host: Host): Promise<NamedNetwork[]> {
  if ((await host.find('docker')) === undefined) return [];
  const list = await host.run('docker', ['network', 'ls', '--quiet'], { timeoutSeconds: 10 });
  const ids = list.stdout.split('\n').filter((id) => id !== '');
  if (list.exitCode !== 0 || ids.length === 0) return [];
  const inspect = ['network', 'inspect', '--format', dockerNetworkFormat, ...ids];
  const { stdout } = await host.run('docker', inspect, { timeoutSeconds: 10 });
  return dockerNetworksIn(stdout);
}

/** Networks that the kernel has a route to, apart from the default route. */
export const routesOf = async (host: Host): Promise<NamedNetwork[]> => routesIn((await host.read(routesPath)) ?? '');
