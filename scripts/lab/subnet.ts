/** Whether two IPv4 networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map(rangeOf);
  return a !== undefined && b !== undefined && a.first <= b.last && b.first <= a.last;
}

function rangeOf(subnet: string): { first: number; last: number } {
  const [base = '', bits = '32'] = subnet.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(number / size) * size;
  return { first, last: first + size - 1 };
}
