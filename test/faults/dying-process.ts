/** A process that injects and undoes one fault on a local machine, and dies where FIREDRILL_DIE_AT says. */
import { createFaults } from '../../scripts/faults/faults.ts';
import { fakeLab } from './fake-lab.ts';
import { kinds } from './kinds.ts';

const [folder = '', pid, shims = '', kind = ''] = process.argv.slice(2);
const lab = fakeLab(folder, { pid: Number(pid), shims });
const fault = kinds[kind]?.(lab);
if (!fault) throw new Error(`No such kind: ${kind}`);
const faults = createFaults(lab);
await faults.undo(await faults.inject(fault));
