import { overlap } from './subnet.ts';

/** A network that this computer has, and who says so. */
export interface NamedNetwork {
  name: string;
  /** CIDR, IPv4. */
  subnet: string;
}

/** Where the kernel prints its routes: proc_net_route(5). Other systems than Linux have no such file. */
export const routesPath = '/proc/net/route';

/** Networks that the kernel has a route to, each with its interface, apart from the default route. */
export function routesIn(table: string): NamedNetwork[] {
  const lines = table.split('\n').slice(1);
  return lines.flatMap((line) => {
    const [name, destination, , , , , , mask] = line.split('\t');
    if (name === undefined || destination === undefined || mask === undefined || destination === '00000000') return [];
    const bits = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
    return [{ name, subnet: `${address(destination)}/${bits}` }];
  });
}

/** The kernel prints addresses as little-endian hexadecimal: 0003000A is 10.0.3.0. */
const address = (hex: string): string => Buffer.from(hex, 'hex').reverse().join('.');

/** For `docker network inspect --format`: a line for each of a network's ranges of addresses. */
export const dockerNetworkFormat = '{{range .IPAM.Config}}{{$.Name}} {{.Subnet}}{{println}}{{end}}';

/** Docker's networks as it told them in that format; those of IPv6 are left out. */
export const dockerNetworksIn = (told: string): NamedNetwork[] =>
  told
    .split('\n')
    .map((line) => line.trim().split(' '))
    .flatMap(([name, subnet]) => (name && subnet && isIpv4(subnet) ? [{ name, subnet }] : []));

const isIpv4 = (subnet: string): boolean => /^\d+\.\d+\.\d+\.\d+\/\d+$/.test(subnet);

/** A network for a lab that has no address of these: one of each private range, for a company may have all of another. */
export const subnetBeside = (taken: readonly NamedNetwork[]): string =>
  proposals.find((one) => !taken.some(({ subnet }) => overlap(one, subnet))) ?? proposals[0];

const proposals = ['10.0.9.0/24', '172.30.9.0/24', '192.168.209.0/24'] as const;
