/** A process that injects and undoes one fault on a local machine, and dies where FIREDRILL_DIE_AT says. */
import { createFaults } from '../../scripts/faults/faults.ts';
import { fakeLab } from './fake-lab.ts';
import { kinds, kindsOfManyMachines } from './kinds.ts';
import type { LocalMachine } from './local-machine.ts';

const [folder = '', kind = '', machines = ''] = process.argv.slice(2);
const { w1, w2 } = JSON.parse(machines) as { w1: LocalMachine['handle']; w2: LocalMachine['handle'] };
const lab = fakeLab(folder, w1, { w2 });
const fault = { ...kinds, ...kindsOfManyMachines }[kind]?.(lab);
if (!fault) throw new Error(`No such kind: ${kind}`);
const faults = createFaults(lab);
await faults.undo(await faults.inject(fault));
