import type { Host } from './host.ts';

/** A network that this computer has, and who says so. */
export interface NamedNetwork {
  name: string;
  /** CIDR, IPv4. */
  subnet: string;
}

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

/** Networks that the kernel has a route to, apart from the default route. From /proc/net/route, proc_net_route(5). */
export async function routesOf(host: Host): Promise<NamedNetwork[]> {
  const lines = ((await host.read('/proc/net/route')) ?? '').split('\n').slice(1);
  return lines.flatMap((line) => {
    const [name, destination, , , , , , mask] = line.split('\t');
    if (name === undefined || destination === undefined || mask === undefined || destination === '00000000') return [];
    const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    return [{ name, subnet: `${address(destination)}/${bits}` }];
  });
}

/** The kernel prints addresses as little-endian hexadecimal: 0003000A is 10.0.3.0. */
const address = (hex: string): string => Buffer.from(hex, 'hex').reverse().join('.');
