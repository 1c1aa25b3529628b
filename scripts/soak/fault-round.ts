/** One round of `soak faults`, as a process of its own, because it may die: LAB SEED LEASE_SECONDS. */
import { createFaults } from '../faults/faults.ts';
import { openLab } from '../lab/open.ts';
import { diceFrom, randomFault } from './random-fault.ts';

const [name = '', seed, leaseSeconds] = process.argv.slice(2);
const lab = await openLab(name);
const fault = randomFault(lab, diceFrom(Number(seed)));
process.stdout.write(`${fault.title}\n`);
const faults = createFaults(lab);
await faults.undo(await faults.inject(fault, { leaseSeconds: Number(leaseSeconds) }));
process.exit(0);
