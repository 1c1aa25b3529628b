import { join } from 'node:path';
import { z } from 'zod';
import { defaultFirstPort, firstPorts } from '../lab/layout.ts';
import { readLayout } from '../lab/open.ts';
import { FiredrillError } from '../system/errors.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';

/** One of the five machines of the playground. */
export interface PlaygroundMachine {
  /** `p1` to `p5`. */
  name: string;
  container: string;
  /** Address on the playground's own network. The host may not reach it: use `port`. */
  address: string;
  /** Port on 127.0.0.1 at which this member's clients are served. */
  port: number;
}

/** Where the playground of a lab is. It has nothing to do with the lab's cluster but the name. */
export interface Place {
  /** Value of the label `firedrill.lab` on all that belongs to it, and name of its network. */
  name: string;
  /** Folder on the host that its machines can read: which cables are cut. */
  folder: string;
  subnet: string;
  pagePort: number;
  machines: readonly PlaygroundMachine[];
}

export const defaultPlaygroundSubnet = '10.0.4.0/24';
const machineCount = 5;
/** Of the 300 ports of a lab, those that no machine of a lab publishes. */
const pagePortAfterFirst = 60;
const chosenSchema = z.object({ subnet: z.string(), firstPort: z.number() });
type Chosen = z.infer<typeof chosenSchema>;

const folderOf = (lab: string): string => join(stateFolder(), 'playground', lab);
const chosenPath = (folder: string): string => join(folder, 'place.json');

/**
 * The place of a lab's playground: as it was opened, or as the environment and the lab's ports say.
 * @throws FiredrillError `bad-subnet`, `bad-port`.
 */
export async function placeOf(lab: string): Promise<Place> {
  const folder = folderOf(lab);
  const kept = await readIfThere(chosenPath(folder));
  return createPlace(lab, folder, kept === undefined ? await choose(lab) : chosenSchema.parse(JSON.parse(kept)));
}

/** Keeps where the playground is, for commands that run later, whatever their environment says. */
export async function keepPlace(place: Place): Promise<void> {
  const chosen: Chosen = { subnet: place.subnet, firstPort: place.pagePort - pagePortAfterFirst };
  await writeAtomically(chosenPath(place.folder), JSON.stringify(chosen));
}

async function choose(lab: string): Promise<Chosen> {
  const port = process.env['FIREDRILL_FIRST_PORT'];
  const layout = await readLayout(lab).catch(() => undefined);
  const firstPort = layout?.firstPort ?? (port === undefined ? defaultFirstPort : Number(port));
  const subnet = process.env['FIREDRILL_PLAYGROUND_SUBNET'] ?? defaultPlaygroundSubnet;
  if (!/^(\d{1,3}\.){3}0\/24$/.test(subnet)) {
    throw new FiredrillError(`'${subnet}' cannot be the network of the playground.`, {
      code: 'bad-subnet',
      remedy: `Set FIREDRILL_PLAYGROUND_SUBNET to a /24 that nothing else uses, such as ${defaultPlaygroundSubnet}.`,
      exitCode: 2,
    });
  }
  if (!Number.isInteger(firstPort) || firstPort < firstPorts.from || firstPort > firstPorts.to) {
    throw new FiredrillError(`${port ?? firstPort} cannot be the first port.`, {
      code: 'bad-port',
      remedy: `Set FIREDRILL_FIRST_PORT to a number from ${firstPorts.from} to ${firstPorts.to}.`,
      exitCode: 2,
    });
  }
  return { subnet, firstPort };
}

/** The place at a subnet (a /24) and a first port: pure. */
export function createPlace(lab: string, folder: string, { subnet, firstPort }: Chosen): Place {
  const pagePort = firstPort + pagePortAfterFirst;
  const machines = Array.from({ length: machineCount }, (_, index) => ({
    name: `p${index + 1}`,
    container: `${lab}-p${index + 1}`,
    address: subnet.replace(/0\/24$/, String(11 + index)),
    port: pagePort + 1 + index,
  }));
  return { name: `${lab}-playground`, folder, subnet, pagePort, machines };
}

/** @throws FiredrillError `unknown-member`. */
export function machineNamed(place: Place, name: string): PlaygroundMachine {
  const found = place.machines.find((machine) => machine.name === name);
  if (found) return found;
  throw new FiredrillError(`The playground has no member '${name}'.`, {
    code: 'unknown-member',
    remedy: `Its members are ${place.machines.map((machine) => machine.name).join(', ')}.`,
    exitCode: 2,
  });
}

export const playgroundClosed = (): FiredrillError =>
  new FiredrillError('The playground is closed.', {
    code: 'playground-closed',
    remedy: "Run 'firedrill playground up': it starts five members of etcd.",
  });
