import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wayBackFrom } from '../../scripts/faults/fault.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { diceFrom, randomFault } from '../../scripts/soak/random-fault.ts';

const layout = createLayout({ name: 'soak' });
const lab = {
  layout,
  machine: (name: string) => layout.machines.find((machine) => machine.name === name),
  machinesWithRole: (role: 'etcd' | 'controller' | 'worker') =>
    layout.machines.filter(({ roles }) => roles.includes(role)),
} as unknown as Lab;

/** The kinds that there are, by what their files say. */
function kindsThatThereAre(): string[] {
  const folder = join(import.meta.dirname, '../../scripts/faults');
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return texts.flatMap((text) => /^ {4}kind: '([a-z-]+)'/m.exec(text)?.[1] ?? []).sort();
}

test('the dice throw every kind that a lease undoes, and no other; the same seed throws the same', () => {
  const faults = Array.from({ length: 600 }, (_, seed) => randomFault(lab, diceFrom(seed)));
  expect(faults.map(wayBackFrom)).not.toContain('reset');
  const thrown = [...new Set(faults.map(({ kind }) => kind))].sort();
  expect(thrown).toEqual(kindsThatThereAre().filter((kind) => kind !== 'delete-etcd-keys'));
  expect(randomFault(lab, diceFrom(7))).toEqual(faults[7]);
});
