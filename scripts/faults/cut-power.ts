import { containerName } from '../lab/docker-machine.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import type { Fault } from './fault.ts';

/** Cuts the power of a machine: no goodbye, no flush. Its disk stays. Docker machines only. */
export function cutPower(lab: Pick<Lab, 'machine' | 'layout'>, machine: string): Fault {
  if (lab.layout.provider !== 'docker') {
    throw new FiredrillError(`The power of a ${lab.layout.provider} machine cannot be cut.`, {
      code: 'not-with-this-provider',
      remedy: 'This drill needs the docker provider. Every other drill works with yours.',
    });
  }
  const container = containerName(lab.layout, lab.machine(machine));
  const isOff = `[ "$(docker inspect -f '{{.State.Running}}' "$1")" = false ]`;
  return {
    kind: 'cut-power',
    machine,
    title: `${machine} has no power`,
    inject: '',
    proof: '',
    onHost: {
      inject: ['docker', 'kill', container],
      proof: ['sh', '-c', isOff, 'sh', container],
      undo: ['docker', 'start', container],
    },
  };
}
