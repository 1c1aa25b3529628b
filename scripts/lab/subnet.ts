/** How many bits of an IPv4 network are fixed: 24 of `10.0.3.0/24`. */
const fixedBits = (subnet: string): number => Number(subnet.split('/')[1] ?? '32');

/**
 * Whether a route takes addresses away from a network that gets a route of its own. One to more addresses does not: the kernel
 * follows the narrowest route, and a company's 10.0.0.0/8 over a VPN leaves a lab alone.
 */
export const takesFrom = (route: string, subnet: string): boolean =>
  overlap(route, subnet) && fixedBits(route) >= fixedBits(subnet);

/** Whether two IPv4 networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map(rangeOf);
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

function rangeOf(subnet: string): { first: number; last: number } {
  const [base = ''] = subnet.split('/');
  const size = 2 ** (32 - fixedBits(subnet));
  const number = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}
