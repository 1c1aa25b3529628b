import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../scripts/system/run.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import type { Machine } from '../../scripts/lab/layout.ts';
import { enterArguments, machinePath, type LocalMachine } from './local-machine.ts';

type Handle = LocalMachine['handle'];

const machines: Machine[] = [
  { name: 'w1', roles: ['worker'], number: 21, address: '10.0.3.21', publishedPorts: {} },
  { name: 'w2', roles: ['worker'], number: 22, address: '10.0.3.22', publishedPorts: {} },
];

/** A lab of which only w1 is there, as a local machine, or w2 as well. Docker and etcdctl: see host-programs.ts. */
export function fakeLab(
  folder: string,
  w1: Handle,
  { name = 'drill-lab', w2 }: { name?: string; w2?: Handle } = {},
): Lab {
  const unused = (): never => {
    throw new Error('The faults need none of this.');
  };
  return {
    layout: { name, size: 'default', provider: 'docker', subnet: '10.0.3.0/24', machines, firstPort: 0 },
    folder,
    machine: (name) => machines.find((machine) => machine.name === name) ?? unused(),
    machinesWithRole: (role) => machines.filter((machine) => machine.roles.includes(role)),
    on: (machine, command, options = {}) => {
      const { pid, shims } = machine === 'w2' ? (w2 ?? unused()) : w1;
      return run('nsenter', [...enterArguments(pid), 'sh', '-c', command], {
        env: { PATH: machinePath(shims) },
        signal: options.signal,
        timeoutSeconds: options.timeoutSeconds,
      });
    },
    onHost: unused,
    shellEnvironment: () => ({ PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`, LAB: folder }),
    get kubernetes() {
      return unused();
    },
    etcd: {
      members: unused,
      // Of all that it is asked, only for its keys and to `snapshot save FILE`.
      call: () => Promise.resolve({}),
      ctl: async ([, , file = '']) => {
        await writeFile(file, 'a snapshot');
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    },
  };
}
