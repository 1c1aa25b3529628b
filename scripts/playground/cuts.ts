import { join } from 'node:path';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { FiredrillError } from '../system/errors.ts';
import { followCuts, machineStates } from './containers.ts';
import { machineNamed, type Place } from './place.ts';

/** Two machines between which nothing passes. */
export type Cut = readonly [string, string];

const path = (place: Place): string => join(place.folder, 'cuts');

/** The cables that are cut now. Machines read the same file when they start, so a restart mends nothing. */
export async function readCuts(place: Place): Promise<Cut[]> {
  const names = new Map(place.machines.map(({ address, name }) => [address, name]));
  const lines = ((await readIfThere(path(place))) ?? '').split('\n').filter((line) => line !== '');
  return lines.flatMap((line) => {
    const [from = '', address = ''] = line.split(' ');
    const other = names.get(address);
    // Each cut is in the file once for either side.
    return other !== undefined && from < other ? [[from, other] as const] : [];
  });
}

/** Writes the file: one line for each machine that shall refuse an address. */
export async function writeCuts(place: Place, cuts: readonly Cut[]): Promise<void> {
  const line = (from: string, to: string): string => `${from} ${machineNamed(place, to).address}\n`;
  await writeAtomically(path(place), cuts.map(([one, other]) => line(one, other) + line(other, one)).join(''));
}

/**
 * Cuts every cable between two sides, both ways.
 * @throws FiredrillError `bad-cut`, `unknown-member`.
 */
export async function cut(place: Place, side: readonly string[], others: readonly string[]): Promise<void> {
  for (const name of [...side, ...others]) machineNamed(place, name);
  if (side.length === 0 || others.length === 0 || side.some((name) => others.includes(name))) {
    throw new FiredrillError('A cut needs two sides, and no member on both.', {
      code: 'bad-cut',
      remedy: "For example: 'firedrill playground cut p1,p2 from p3,p4,p5'.",
      exitCode: 2,
    });
  }
  const wanted = side.flatMap((one) => others.map((other): Cut => (one < other ? [one, other] : [other, one])));
  const known = await readCuts(place);
  const isKnown = ([one, other]: Cut): boolean => known.some((each) => each[0] === one && each[1] === other);
  await writeCuts(place, [...known, ...wanted.filter((each) => !isKnown(each))]);
  await applyEverywhere(place);
}

/** Mends every cable. */
export async function mend(place: Place): Promise<void> {
  await writeCuts(place, []);
  await applyEverywhere(place);
}

async function applyEverywhere(place: Place): Promise<void> {
  const states = await machineStates(place);
  await Promise.all(place.machines.filter(({ name }) => states.get(name) === 'running').map(followCuts));
}
