import { join } from 'node:path';
import { containerName } from '../lab/docker-machine.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import type { Fault } from './fault.ts';

/**
 * Cuts the power of a machine, and of `others` on the same power strip: no goodbye, no flush. Their disks stay. What is off
 * cannot undo itself: the lease is a process on the host, see on-host.ts. Docker machines only.
 */
export function cutPower(lab: Pick<Lab, 'machine' | 'layout'>, machine: string, ...others: string[]): Fault {
  if (lab.layout.provider !== 'docker') {
    throw new FiredrillError(`The power of a ${lab.layout.provider} machine cannot be cut.`, {
      code: 'not-with-this-provider',
      remedy: 'This drill needs the docker provider. Every other drill works with yours.',
    });
  }
  const machines = [machine, ...others];
  const containers = machines.map((name) => containerName(lab.layout, lab.machine(name)));
  const areOff = `for c; do [ "$(docker inspect -f '{{.State.Running}}' "$c")" = false ] || exit 1; done`;
  return {
    kind: 'cut-power',
    machine,
    others,
    title: `${machines.join(' and ')} ${others.length === 0 ? 'has' : 'have'} no power`,
    inject: '',
    proof: '',
    onHost: {
      inject: [process.execPath, join(import.meta.dirname, 'end-machines.ts'), ...containers],
      proof: ['sh', '-c', areOff, 'sh', ...containers],
      undo: ['docker', 'start', ...containers],
    },
  };
}
