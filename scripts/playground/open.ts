import { mkdir, rm } from 'node:fs/promises';
import { ensureBundle, readBundle, type Bundle, type OnProgress } from '../bundle/bundle.ts';
import { isFree, removeEverything, requireDocker } from '../lab/docker.ts';
import { FiredrillError } from '../system/errors.ts';
import { run } from '../system/run.ts';
import { waitUntil } from '../system/wait.ts';
import { createNetwork, machineStates, runMember } from './containers.ts';
import { writeCuts } from './cuts.ts';
import { keepPlace, placeOf, playgroundClosed, type Place } from './place.ts';
import { answers, leaderOf, lookAtRing, type Ring } from './ring.ts';

const startSeconds = 60;

export interface OpenOptions {
  signal?: AbortSignal | undefined;
  /** With it, what the bundle lacks is made first, which may take minutes; without it that is an error. */
  onProgress?: OnProgress;
}

/**
 * The playground of a lab, open: five members with a leader, or as it is where it was opened before.
 * Where it cannot be opened, nothing of it is left.
 * @throws FiredrillError `bundle-missing`, `docker-silent`, `port-taken`, `network-taken`; Interrupted.
 */
export async function openPlayground(
  lab: string,
  { signal, onProgress }: OpenOptions = {},
): Promise<{ place: Place; ring: Ring; opened: boolean }> {
  await requireDocker(signal);
  const before = await placeOf(lab);
  if ((await machineStates(before, signal)).size > 0) {
    return { place: before, ring: await lookAtRing(before, signal), opened: false };
  }
  const bundle = await bundleFor(signal, onProgress);
  // What a killed program left, a network without machines, goes first; then the environment counts again.
  await closePlayground(lab);
  const place = await placeOf(lab);
  await requirePorts(place);
  try {
    await mkdir(place.folder, { recursive: true });
    await keepPlace(place);
    await writeCuts(place, []);
    await createNetwork(place, signal);
    const options = { bundle, members: place.machines, cluster: 'new', signal } as const;
    await Promise.all(place.machines.map((machine) => runMember(place, machine, options)));
    return { place, ring: await waitForAll(place, signal), opened: true };
  } catch (error) {
    await closePlayground(lab);
    throw error;
  }
}

/** Removes machines, data, network and folder. Safe to call where there is nothing. */
export async function closePlayground(lab: string): Promise<void> {
  const place = await placeOf(lab);
  // A `docker run` that was interrupted may still be making its container: look again until nothing is left.
  await waitUntil(
    async () => {
      await removeEverything(place.name);
      return (await machineStates(place)).size === 0;
    },
    {
      what: 'the playground is gone',
      deadlineSeconds: 30,
      remedy: "Look with 'docker ps --all', and run 'firedrill playground close' again.",
    },
  );
  await rm(place.folder, { recursive: true, force: true });
}

/** Waits until all members that there are answer and one leads. */
export async function waitForAll(place: Place, signal?: AbortSignal): Promise<Ring> {
  let ring = await lookAtRing(place, signal);
  await waitUntil(
    async () => {
      ring = await lookAtRing(place, signal);
      return (
        ring.members.every((member) => member.state === 'removed' || answers(member)) && leaderOf(ring) !== undefined
      );
    },
    {
      what: 'all members answer and one leads',
      deadlineSeconds: startSeconds,
      signal,
      saw: () => ring.members.map(({ name, state }) => `${name} ${state}`).join(', '),
      remedy: "'docker logs' of the members tells more. Is the computer very busy? Try again.",
    },
  );
  return ring;
}

/** @throws FiredrillError `playground-closed`. */
export async function requireOpen(place: Place, signal?: AbortSignal): Promise<void> {
  if ((await machineStates(place, signal)).size === 0) throw playgroundClosed();
}

async function bundleFor(signal: AbortSignal | undefined, onProgress: OnProgress | undefined): Promise<Bundle> {
  try {
    const bundle = await readBundle();
    const image = await run('docker', ['image', 'inspect', bundle.machineImage], { signal, timeoutSeconds: 20 });
    if (image.exitCode === 0) return bundle;
    if (!onProgress) {
      throw new FiredrillError('The machine image is not in the docker engine.', {
        code: 'bundle-missing',
        remedy: "Run 'npx firedrill bundle build'.",
      });
    }
  } catch (error) {
    if (!onProgress || !(error instanceof FiredrillError) || error.code !== 'bundle-missing') throw error;
  }
  return ensureBundle({ onProgress, ...(signal ? { signal } : {}) });
}

async function requirePorts(place: Place): Promise<void> {
  const free = await Promise.all(place.machines.map(({ port }) => isFree(port)));
  const taken = place.machines.filter((_, index) => !free[index]).map(({ port }) => port);
  if (taken.length === 0) return;
  throw new FiredrillError(`On 127.0.0.1 something else uses what the playground needs: port ${taken.join(', ')}.`, {
    code: 'port-taken',
    remedy: "'ss -ltnp' tells what. End it, or set FIREDRILL_FIRST_PORT to another number.",
  });
}
