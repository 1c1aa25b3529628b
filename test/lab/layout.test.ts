import { describe, expect, it } from 'vitest';
import { createLayout, isBalanced, joins, requireUsable, sizes } from '../../scripts/lab/layout.ts';
import {
  absentJoiners,
  joinersOf,
  requireScalable,
  withoutJoiners,
  withWorkers,
} from '../../scripts/lab/scale/workers.ts';

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

describe('a lab can be booted', () => {
  it('of containers, and of no virtual machines', () => {
    expect(() => {
      requireUsable('docker');
    }).not.toThrow();
    for (const provider of ['virtualbox', 'parallels'] as const) {
      expect(() => {
        requireUsable(provider);
      }).toThrow(expect.objectContaining({ code: 'provider-not-usable', exitCode: 2 }) as Error);
    }
  });
});

describe('a lab with more workers', () => {
  const layout = createLayout({ name: 'lab' });
  const namesOf = (machines: readonly { name: string }[]): string[] => machines.map(({ name }) => name);

  it('has them behind the others, with addresses and ports that follow', () => {
    const { machines } = withWorkers(layout, 4);
    expect(namesOf(machines).slice(-3)).toEqual(['w2', 'w3', 'w4']);
    expect(machines.at(-1)).toMatchObject({ address: '10.0.3.204', publishedPorts: { 22: 8604, 30080: 8484 } });
    expect(namesOf(machines.filter(joins))).toEqual(['w3', 'w4']);
    expect(withWorkers(withWorkers(layout, 9), 2)).toEqual(layout);
  });

  it('publishes no port twice, with as many as there can be', () => {
    const ports = withWorkers(layout, 9).machines.flatMap((machine) => Object.values(machine.publishedPorts));
    expect(new Set(ports).size).toBe(ports.length);
    expect(Math.max(...ports)).toBeLessThan(layout.firstPort + 300);
  });

  it('tells who joined, and who could have and is not there', () => {
    expect(namesOf(joinersOf(withWorkers(layout, 3)))).toEqual(['w3']);
    expect(namesOf(absentJoiners(withWorkers(layout, 3)))).toEqual(['w4', 'w5', 'w6', 'w7', 'w8', 'w9']);
    const single = createLayout({ name: 'lab', size: 'single' });
    expect(joinersOf(single)).toEqual([]);
    expect(withoutJoiners(single)).toEqual(single);
  });

  it('in size ha begins with the fourth', () => {
    const ha = createLayout({ name: 'lab', size: 'ha' });
    expect(namesOf(joinersOf(withWorkers(ha, 5)))).toEqual(['w4', 'w5']);
    expect(namesOf(absentJoiners(ha))).toEqual(['w4', 'w5', 'w6', 'w7', 'w8', 'w9']);
    expect(withoutJoiners(withWorkers(ha, 5))).toEqual(ha);
  });

  it.each([
    ['default', 1, 'bad-worker-count'],
    ['default', 10, 'bad-worker-count'],
    ['default', 2.5, 'bad-worker-count'],
    ['ha', 2, 'bad-worker-count'],
    ['single', 3, 'cannot-scale'],
  ] as const)('is refused to size %s, %d workers', (size, count, code) => {
    expect(() => {
      requireScalable(createLayout({ name: 'lab', size }), count);
    }).toThrow(expect.objectContaining({ code }) as Error);
  });
});
