import { describe, expect, it } from 'vitest';
import { createLayout, isBalanced, sizes } from '../../scripts/lab/layout.ts';

describe('createLayout', () => {
  it('has three members of etcd, a controller and two workers by default', () => {
    const { machines } = createLayout({ name: 'lab' });
    expect(machines.map(({ name, address }) => `${name} ${address}`)).toEqual([
      'e1 10.0.3.51',
      'e2 10.0.3.52',
      'e3 10.0.3.53',
      'c1 10.0.3.101',
      'w1 10.0.3.201',
      'w2 10.0.3.202',
    ]);
  });

  it('puts every role on one machine in size single', () => {
    const { machines } = createLayout({ name: 'lab', size: 'single' });
    expect(machines.map(({ name, roles }) => [name, roles])).toEqual([['c1', ['etcd', 'controller', 'worker']]]);
    expect(Object.keys(machines[0]!.publishedPorts)).toEqual(['22', '2379', '6443', '30080']);
  });

  it('has a second controller in size ha', () => {
    const { machines } = createLayout({ name: 'lab', size: 'ha' });
    const said = machines.map(
      ({ name, roles, address, publishedPorts }) =>
        `${name} ${roles.join()} ${address} ${Object.entries(publishedPorts)
          .map((ports) => ports.join('>'))
          .join(' ')}`,
    );
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "e1 etcd 10.0.3.51 22>8451 2379>8411
      e2 etcd 10.0.3.52 22>8452 2379>8412
      e3 etcd 10.0.3.53 22>8453 2379>8413
      c1 controller 10.0.3.101 22>8501 6443>8443
      c2 controller 10.0.3.102 22>8502 6443>8444
      w1 worker 10.0.3.201 22>8601 30080>8481
      w2 worker 10.0.3.202 22>8602 30080>8482
      w3 worker 10.0.3.203 22>8603 30080>8483"
    `);
  });

  it('knows where a load balancer is needed', () => {
    const balanced = sizes.map((size) => [size, isBalanced(createLayout({ name: 'lab', size }))]);
    expect(Object.fromEntries(balanced)).toEqual({ default: false, single: false, ha: true });
  });

  it.each(sizes)('publishes no port twice in size %s', (size) => {
    const { machines } = createLayout({ name: 'lab', size });
    const ports = machines.flatMap((machine) => Object.values(machine.publishedPorts));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('takes another subnet and other ports', () => {
    const { machines } = createLayout({ name: 'lab', subnet: '10.0.9.0/24', firstPort: 9400 });
    expect(machines.at(-1)).toMatchObject({ address: '10.0.9.202', publishedPorts: { 22: 9602, 30080: 9482 } });
  });

  it.each([
    [{ name: 'Lab One' }, 'bad-lab-name'],
    [{ name: 'lab', subnet: '10.0.3.0/16' }, 'bad-subnet'],
    [{ name: 'lab', subnet: '10.0.300.0/24' }, 'bad-subnet'],
    [{ name: 'lab', firstPort: 80 }, 'bad-port'],
    [{ name: 'lab', size: 'ha' as const, provider: 'virtualbox' as const }, 'size-needs-docker'],
  ])('refuses %o', (choices, code) => {
    expect(() => createLayout(choices)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
