import { existsSync } from 'node:fs';
import { runOrThrow } from '../../system/run.ts';
import { FiredrillError } from '../../system/errors.ts';
import { comesTrue, waitForAnswer, waitUntil } from '../../system/wait.ts';
import { acting, type ActionReporter } from '../acting.ts';
import { listContainers } from '../docker.ts';
import { apiServersReady, awaitApiServers, etcdHasLeader, machinesAnswer, nodesReady } from '../health.ts';
import { patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { addonManifests } from '../addons.ts';
import { dismissJoiners } from '../scale/dismiss.ts';
import { forgetAbsentJoiners } from '../scale/forget.ts';
import { joinersOf } from '../scale/workers.ts';
import { bringUp } from '../up.ts';
import { awaitStaticPods } from '../upgrade/move.ts';
import { restartAgents } from './agents.ts';
import { foundAnew, restoreCheckpoint } from './checkpoint.ts';
import { hadOtherVersion, repairMachine } from './machine.ts';
import { isWithoutDns } from './own-objects.ts';
import { putKeysBack } from './put-keys-back.ts';

export interface RepairOptions {
  signal?: AbortSignal | undefined;
  reporter: ActionReporter;
  /** A checkpoint to prefer to that of the first boot, where there is one: see `RestoreOptions`. */
  checkpoint?: string | undefined;
  /** Seconds that a state may take on this computer. */
  patienceSeconds?: number;
  /** Whether a survey found etcd well, and emptied: then its keys are put back before all else. */
  isEmptied?: boolean;
}

/**
 * Seconds that etcd, left to itself with all its members started, is given at least to elect a leader before it is restored;
 * on a slow computer more, as a part of the patience: a restore takes back what came after the checkpoint.
 */
const leastLeaderSeconds = 8;
const leaderShare = 1 / 12;
const deadlineSeconds = 120;

/**
 * Brings a lab from any wreck to a working cluster, by the cheapest way that is safe for etcd: machines are started or
 * rebuilt from the image, put back to what they were told to be, and etcd's members are restored all together or not at all.
 * Workers that joined are removed: what remains are the machines of the first boot. DNS may still be on its way, and
 * an API server may still look for what it has: what is begun next need not wait for either.
 * @returns what had to be mended, in words.
 */
export async function repairLab(lab: Lab, options: RepairOptions): Promise<string[]> {
  const { signal, reporter } = options;
  const mended: string[] = [];
  const doing = acting(reporter, signal);
  const act = async (title: string, work: () => Promise<readonly string[]>): Promise<readonly string[]> => {
    const found = await doing(title, work, (words) => (words.length > 0 ? words.slice(0, 3).join(', ') : undefined));
    mended.push(...found);
    return found;
  };
  // As long as kubelets see an empty cluster, they end the pods that will have to run.
  if (options.isEmptied) await act("Put back etcd's keys", () => keysFirst(lab, options));
  if (joinersOf(lab.layout).length > 0) await act('Remove the workers that joined', () => dismissJoiners(lab, options));
  await act('Start the machines that do not run', () => startMachines(lab, options));
  await act('Put the machines back as they were told to be', async () =>
    (await Promise.all(lab.layout.machines.map(({ name }) => repairMachine(lab, name, signal)))).flat(),
  );
  const restored = await act('Prove or restore etcd', () => proveOrRestoreEtcd(lab, options));
  const anew = lab.machinesWithRole('controller').filter(({ name }) => hadOtherVersion(mended, name));
  // A restore ends with an API server that serves.
  if (restored.length === 0 || anew.length > 0)
    await act('Wait for the API server', () => none(bringBackApiServer(lab, anew, signal)));
  await act("Prove the cluster's own objects", async () => [
    ...(await proveObjects(lab, options)),
    ...(await forgetAbsentJoiners(lab, signal)),
  ]);
  await act('Wait for the nodes', () =>
    none(waitUntil(() => nodesReady(lab), { what: 'every node is Ready', deadlineSeconds, signal })),
  );
  return mended;
}

const none = async (work: Promise<void>): Promise<string[]> => {
  await work;
  return [];
};

async function startMachines(lab: Lab, { signal, reporter }: RepairOptions): Promise<string[]> {
  if (lab.layout.provider !== 'docker') return [];
  const containers = await listContainers(lab.layout.name, signal);
  const missing = lab.layout.machines.filter(({ name }) => !containers.some(({ machine }) => machine === name));
  if (missing.length > 0) {
    // Vagrant makes what is missing, from the image and its cloud-config. etcd is looked at afterwards.
    await bringUp({ name: lab.layout.name, signal, reporter, onlyMachines: true });
    return missing.map(({ name }) => `${name} was destroyed`);
  }
  const paused = containers.filter(({ state }) => state === 'paused');
  if (paused.length > 0) await runOrThrow('docker', ['unpause', ...paused.map(({ id }) => id)], { signal });
  const off = containers.filter(({ state }) => state === 'exited' || state === 'created');
  if (off.length > 0) await runOrThrow('docker', ['start', ...off.map(({ id }) => id)], { signal });
  await machinesAnswer(lab, { deadlineSeconds, signal });
  return [...off, ...paused].map(({ machine }) => `${machine} did not run`);
}

async function proveOrRestoreEtcd(lab: Lab, options: RepairOptions): Promise<string[]> {
  const { signal, checkpoint, patienceSeconds = 0 } = options;
  const leaderSeconds = Math.max(leastLeaderSeconds, patienceSeconds * leaderShare);
  const members = lab.machinesWithRole('etcd');
  const looks = await Promise.all(
    members.map(
      async ({ name }) => (await lab.on(name, '[ -d /var/lib/etcd/data/member ]', { signal })).exitCode === 0,
    ),
  );
  const empty = members.filter((_, index) => !looks[index]);
  if (empty.length === 0 && (await objectsAreGone(lab, signal))) {
    return [await bringObjectsBack(lab, options, { takesKeys: await isWholeEtcd(lab) })];
  }
  const elects = () =>
    comesTrue(() => isWholeEtcd(lab), { what: 'etcd has a leader', deadlineSeconds: leaderSeconds, signal });
  let why = '';
  if (empty.length === 0 && (await elects())) {
    try {
      const isNew = await foundAnew(lab, signal);
      return isNew ? ['a member of etcd had been replaced: all were founded anew, with what they hold'] : [];
    } catch (error) {
      if (!(error instanceof FiredrillError)) throw error;
      why = `: a member had been replaced, and what they hold could not be kept (${error.message})`;
    }
  }
  await restoreCheckpoint(lab, { signal, preferred: checkpoint });
  return [`etcd was restored from the checkpoint, all members together${why}`];
}

const gone = "the cluster's objects were gone";
const keysArePutBack = `${gone}: the keys of the checkpoint were put back into etcd`;

/** Seconds for the looks at a cluster whose keys are said to be gone. */
const keysSeconds = 5;

/** Puts keys back if that is all that etcd lacks. What does not work here is left to what comes after the machines' repair. */
async function keysFirst(lab: Lab, { signal, checkpoint }: RepairOptions): Promise<string[]> {
  try {
    // Somebody has just seen it: one look that comes too late says nothing else.
    const lacksKeys = async () => (await objectsAreGone(lab, signal)) && (await isWholeEtcd(lab));
    const options = { what: 'only keys are missing', deadlineSeconds: keysSeconds, signal };
    if (!(await comesTrue(lacksKeys, options))) return [];
    return (await putKeysBack(lab, { signal, preferred: checkpoint })) ? [keysArePutBack] : [];
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof FiredrillError) return [];
    throw error;
  }
}

/**
 * @param takesKeys whether etcd is as it should be, but for its keys
 * @returns what was done, in words.
 */
async function bringObjectsBack(
  lab: Lab,
  { signal, checkpoint }: RepairOptions,
  { takesKeys }: { takesKeys: boolean },
): Promise<string> {
  if (takesKeys && (await putKeysBack(lab, { signal, preferred: checkpoint }))) return keysArePutBack;
  await restoreCheckpoint(lab, { signal, preferred: checkpoint });
  return `${gone}: etcd was restored from the checkpoint`;
}

/** Whether an API server that is well says so already: then nobody needs to wait for what was lost. */
async function objectsAreGone(lab: Lab, signal?: AbortSignal): Promise<boolean> {
  return (await apiServersReady(lab)) && (await isWithoutDns(lab, { timeoutSeconds: 1, signal }).catch(() => false));
}

const isWholeEtcd = async (lab: Lab): Promise<boolean> =>
  (await etcdHasLeader(lab)) && (await membersAreTheMachines(lab));

/** Whether etcd's members are the lab's machines, none missing, none too many, none still learning. */
async function membersAreTheMachines(lab: Lab): Promise<boolean> {
  const result = await lab.etcd.ctl(['member', 'list', '-w', 'json', '--command-timeout=3s'], { timeoutSeconds: 8 });
  if (result.exitCode !== 0) return false;
  const { members } = JSON.parse(result.stdout) as { members: { name?: string; isLearner?: boolean }[] };
  const names = members.filter(({ isLearner }) => !isLearner).map(({ name }) => name ?? '');
  const wanted = lab.machinesWithRole('etcd').map(({ name }) => name);
  return names.toSorted().join() === wanted.toSorted().join();
}

/**
 * Waits for the API servers. Where they were away, what watches them is started anew.
 * @param anew controllers whose kubelet was started as another minor: it starts their API servers anew
 */
async function bringBackApiServer(lab: Lab, anew: readonly Machine[], signal?: AbortSignal): Promise<void> {
  await Promise.all(anew.map(({ name }) => awaitStaticPods(lab, name, 'newer', signal)));
  if (anew.length === 0 && (await apiServersReady(lab))) return;
  await awaitApiServers(lab, { deadlineSeconds, signal });
  await restartAgents(lab, signal);
}

/** A cluster that forgot its own DNS has lost its keys: then the checkpoint comes back. */
async function proveObjects(lab: Lab, options: RepairOptions): Promise<string[]> {
  const { signal, checkpoint } = options;
  const said: string[] = [];
  if (await lacksDns(lab, signal)) {
    const isLater = checkpoint !== undefined && existsSync(checkpoint);
    said.push(await bringObjectsBack(lab, options, { takesKeys: true }));
    if (isLater && (await lacksDns(lab, signal))) await restoreCheckpoint(lab, { signal, preferred: checkpoint });
  }
  await lab.kubernetes.apply(await addonManifests(lab));
  return said;
}

/**
 * Whether the cluster forgot its own DNS, as soon as the API server tells: one that was ready a moment ago may be on its way
 * out, where its kubelet starts it anew.
 * @throws FiredrillError `waited-in-vain`.
 */
const lacksDns = (lab: Lab, signal?: AbortSignal): Promise<boolean> =>
  waitForAnswer(() => isWithoutDns(lab, { timeoutSeconds: patientSeconds, signal }), {
    what: "the API server tells of the cluster's own objects",
    deadlineSeconds,
    signal,
  });
