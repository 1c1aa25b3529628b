import { routesIn, routesPath, type NamedNetwork } from '../lab/host-routes.ts';
import type { Host } from './host.ts';

/** Networks of the docker engine. None where it does not answer. */
export async function networksOfDocker(host: Host): Promise<NamedNetwork[]> {
  if ((await host.find('docker')) === undefined) return [];
  const list = await host.run('docker', ['network', 'ls', '--quiet'], { timeoutSeconds: 10 });
  const ids = list.stdout.split('\n').filter((id) => id !== '');
  if (list.exitCode !== 0 || ids.length === 0) return [];
  const format = '{{range .IPAM.Config}}{{$.Name}} {{.Subnet}}{{println}}{{end}}';
  const { stdout } = await host.run('docker', ['network', 'inspect', '--format', format, ...ids], {
    timeoutSeconds: 10,
  });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(' '))
    .flatMap(([name, subnet]) => (name && subnet && isIpv4(subnet) ? [{ name, subnet }] : []));
}

const isIpv4 = (subnet: string): boolean => /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(subnet);

/** Networks that the kernel has a route to, apart from the default route. */
export const routesOf = async (host: Host): Promise<NamedNetwork[]> => routesIn((await host.read(routesPath)) ?? '');
