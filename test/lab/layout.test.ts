import { describe, expect, it } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';

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

  it('publishes no port twice', () => {
    const ports = createLayout({ name: 'lab' }).machines.flatMap((machine) => Object.values(machine.publishedPorts));
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
  ])('refuses %o', (choices, code) => {
    expect(() => createLayout(choices)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
