import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBundle, type Bundle } from '../bundle/bundle.ts';
import { componentVersion } from '../bundle/components.ts';
import { progressInOneLine } from '../bundle/progress.ts';
import { withLabLock } from './lab-lock.ts';
import { acting, type ActionReporter, type ShownAction } from './acting.ts';
import { writeAtomically } from '../system/files.ts';
import { FiredrillError } from '../system/errors.ts';
import { labFolder } from '../system/folders.ts';
import { comesTrue, waitUntil, type WaitOptions } from '../system/wait.ts';
import { removeUnknownContainers, vagrantUp } from './boot.ts';
import {
  listContainers,
  makeNetworkAndVolumes,
  requireDocker,
  requireFreePorts,
  shareProcessors,
  thoseThatDoNotRun,
} from './docker.ts';
import { cpuShares } from './docker-machine.ts';
import { addonManifests } from './addons.ts';
import {
  apiServersReady,
  awaitApiServers,
  awaitDns,
  dnsAnswers,
  isWhole,
  machinesAnswer,
  membersInWords,
  nodesReady,
} from './health.ts';
import { requireInotify } from './inotify.ts';
import type { Lab } from './lab.ts';
import { createLayout, requireUsable, runsKubelet, type Layout, type Provider, type Size } from './layout.ts';
import { availableMemory, requireMemory } from './memory.ts';
import { createLab, readLayout } from './open.ts';
import { closeConnections } from './remote.ts';
import { checkpointPath, takeCheckpoint } from './repair/checkpoint.ts';
import { makeCredentials, renderLab } from './render.ts';
import { completeJoins } from './scale/admit.ts';
import { linkVagrantFolder } from './vagrant-link.ts';

export interface UpOptions {
  name: string;
  size?: Size | undefined;
  provider?: Provider | undefined;
  subnet?: string | undefined;
  firstPort?: number | undefined;
  /** URL, file or folder of a bundle made elsewhere; default FIREDRILL_BUNDLE, or what lies beside the kit. */
  bundleFrom?: string | undefined;
  signal?: AbortSignal | undefined;
  reporter: ActionReporter;
  /** Boot what does not run, and leave it to the caller to look at the cluster on it. */
  onlyMachines?: boolean;
  /** Bytes of free memory, where they are known. Tests make them up. */
  freeMemory?: () => Promise<number | undefined>;
}

/** What the actions hand on to each other. */
interface Boot {
  options: UpOptions;
  layout: Layout;
  lab: Lab;
  bundle: Bundle;
  /** Whether a machine had to be started, or the lab was never up. */
  boots: boolean;
}

interface Action {
  title: string;
  run(boot: Boot, shown: ShownAction): Promise<unknown>;
}

/** Seconds that a part of the boot may take on a slow computer before it is given up. */
const deadlineSeconds = 240;
/** The same, where all machines ran before: what does not work then is broken, and not late. */
const settleSeconds = 60;

/** The whole boot, first half: machines that run. */
const machineActions: readonly Action[] = [
  { title: 'Look at the computer', run: lookAtTheComputer },
  { title: 'Get the bundle ready', run: getTheBundle },
  { title: 'Make certificates', run: ({ layout }) => makeCredentials(layout) },
  { title: 'Write what each machine is told', run: writeCloudConfig },
  { title: 'Make the network', run: makeNetwork },
  { title: 'Boot the machines', run: bootMachines },
];

/** What is awaited of machines without their cluster. */
const machinesAlone: readonly Action[] = [
  {
    title: 'The machines answer',
    run: ({ lab, options }) => machinesAnswer(lab, { deadlineSeconds, signal: options.signal }),
  },
  { title: 'Share the processors equally', run: shareEqually },
];

/** The whole boot, second half: a cluster that works. */
const clusterActions: readonly Action[] = [
  { title: 'etcd elects a leader', run: awaitLeader },
  { title: 'The API server answers', run: awaitApiServer },
  { title: 'Start the cluster DNS and the toolbox', run: startAddons },
  { title: 'The nodes are Ready', run: awaitNodes },
  { title: 'DNS answers from a pod', run: (boot) => awaitDns(boot.lab, patienceWith(boot)) },
  { title: 'Share the processors equally', run: shareEqually },
  { title: 'Keep a checkpoint of etcd', run: ({ lab }) => takeCheckpointOnce(lab) },
];

/**
 * Boots the lab, or brings back one that was halted, killed or left half-way. Does nothing where it is up.
 * @throws FiredrillError `lab-differs`, `provider-not-usable`, `docker-silent`, `inotify-limit`, `port-taken`, `memory-short`, `network-taken`, `vagrant-failed`, `waited-in-vain`; Interrupted.
 */
export async function bringUp(options: UpOptions): Promise<Lab> {
  const layout = await chooseLayout(options);
  requireUsable(layout.provider);
  return withLabLock(layout.name, options, async () => {
    const startedAt = Date.now();
    const lab = createLab(layout);
    if (!options.onlyMachines && (await machinesRun(lab)) && (await worksSoon(lab, options.signal))) {
      await linkVagrantFolder(layout.name);
      options.reporter.action(`The lab '${layout.name}' is up`).done();
      return lab;
    }
    const boot: Boot = { options, layout, lab, bundle: {} as Bundle, boots: true };
    const act = acting(options.reporter, options.signal);
    const words = (found: unknown) => (typeof found === 'string' ? found : undefined);
    for (const action of [...machineActions, ...(options.onlyMachines ? machinesAlone : clusterActions)]) {
      await act(action.title, (shown) => action.run(boot, shown), words);
    }
    if (options.onlyMachines) return lab;
    await writeAtomically(
      bootRecord(lab),
      JSON.stringify({ seconds: (Date.now() - startedAt) / 1000, at: new Date().toISOString() }),
    );
    return lab;
  });
}

/** @throws FiredrillError `lab-differs` where a lab of this name exists with other choices. */
async function chooseLayout(options: UpOptions): Promise<Layout> {
  const { name, size, provider, subnet, firstPort } = options;
  const existing = await readLayout(name);
  if (!existing) return createLayout({ name, size, provider, ...placeOf(options) });
  const wanted = { size, provider, subnet, firstPort };
  for (const key of ['size', 'provider', 'subnet', 'firstPort'] as const) {
    if (wanted[key] === undefined || wanted[key] === existing[key]) continue;
    throw new FiredrillError(`The lab '${name}' is there already, with ${key} ${existing[key]}.`, {
      code: 'lab-differs',
      remedy: "Run 'npx firedrill lab destroy' first, or give another name with --lab.",
      exitCode: 2,
    });
  }
  return existing;
}

/** A lab that comes back keeps the checkpoint of its first boot: later states may have a lesson's leftovers in them. */
async function takeCheckpointOnce(lab: Lab): Promise<void> {
  if (!existsSync(checkpointPath(lab))) await takeCheckpoint(lab);
}

/** Network and ports of a new lab: as asked for, or as the environment says. */
function placeOf({ subnet, firstPort }: UpOptions): { subnet: string | undefined; firstPort: number | undefined } {
  const port = process.env['FIREDRILL_FIRST_PORT'];
  return {
    subnet: subnet ?? process.env['FIREDRILL_SUBNET'],
    firstPort: firstPort ?? (port === undefined ? undefined : Number(port)),
  };
}

/** Written when the lab has come up: when that was, and how long it took. */
const bootRecord = ({ folder }: Pick<Lab, 'folder'>): string => join(folder, 'boot.json');

/** Whether the lab has come up once, and every machine of it runs. */
export async function machinesRun(lab: Lab): Promise<boolean> {
  if (!existsSync(bootRecord(lab))) return false;
  return (await thoseThatDoNotRun(lab.layout.name, lab.layout.machines)).length === 0;
}

/** Whether the cluster on machines that run works, DNS from a pod included. Never throws. */
export async function clusterWorks(lab: Lab): Promise<boolean> {
  const looks = await Promise.all(
    [apiServersReady(lab), nodesReady(lab), dnsAnswers(lab)].map((look) => look.catch(() => false)),
  );
  return looks.every(Boolean);
}

/** Seconds that a cluster is given which says for a moment that it does not work: a computer may be busy. */
const soonSeconds = 5;

const worksSoon = (lab: Lab, signal?: AbortSignal): Promise<boolean> =>
  comesTrue(() => clusterWorks(lab), { what: 'the cluster works', deadlineSeconds: soonSeconds, signal });

/** Virtual machines have processors of their own. */
async function shareEqually({ layout }: Boot): Promise<void> {
  if (layout.provider === 'docker') await shareProcessors(layout, cpuShares.later);
}

/** Returns a warning, or nothing. What runs of the lab has its ports and its memory already. */
async function lookAtTheComputer({ options, layout }: Boot): Promise<string | undefined> {
  await requireDocker(options.signal);
  if (layout.provider === 'docker') await requireInotify(layout.machines);
  const containers = await listContainers(layout.name);
  if (containers.some(({ state }) => state === 'running')) return undefined;
  await requireFreePorts(layout);
  const free = await (options.freeMemory ?? availableMemory)();
  return free === undefined ? undefined : requireMemory(free, layout);
}

async function getTheBundle(boot: Boot, shown: ShownAction): Promise<void> {
  const { signal, bundleFrom } = boot.options;
  const inOneLine = progressInOneLine();
  boot.bundle = await ensureBundle({
    ...(signal ? { signal } : {}),
    ...(bundleFrom ? { from: bundleFrom } : {}),
    onProgress: (progress) => {
      const { component, source, note } = progress;
      // Whoever named it must hear why it is not used: a spinner's next line would take that away.
      const refused = component === 'bundle' && note !== undefined;
      if (refused) boot.options.reporter.action(`Take the bundle from ${source ?? 'elsewhere'}`).failed(note);
      else shown.update(inOneLine(progress));
    },
  });
}

async function writeCloudConfig({ layout, bundle }: Boot): Promise<void> {
  await renderLab(layout, bundle, componentVersion('kubernetes'));
}

async function makeNetwork({ layout, options }: Boot): Promise<void> {
  await removeUnknownContainers(layout);
  await makeNetworkAndVolumes(layout, options.signal);
}

async function bootMachines(boot: Boot, shown: ShownAction): Promise<string> {
  const { layout, bundle, options } = boot;
  await closeConnections(layout, labFolder(layout.name));
  // Vagrant has nothing to do for those that run, and its threads would only be in each other's way.
  const off = layout.provider === 'docker' ? await thoseThatDoNotRun(layout.name, layout.machines) : undefined;
  if (off !== undefined && off.length > 0) await shareProcessors(layout, cpuShares.boot);
  boot.boots = off === undefined || off.length > 0 || !existsSync(bootRecord(boot.lab));
  await vagrantUp(layout, { bundle, names: off?.map(({ name }) => name), signal: options.signal, shown });
  return off?.length === 0 ? 'all of them ran' : `${layout.machines.length} machines`;
}

/** How long a cluster is waited for, and what to do where it does not come. */
const patienceWith = ({
  boots,
  options: { signal },
}: Boot): Pick<WaitOptions, 'deadlineSeconds' | 'signal' | 'remedy'> =>
  boots ? { deadlineSeconds, signal } : { deadlineSeconds: settleSeconds, signal, remedy: resetMends };

const resetMends =
  "Its machines ran all the time: a lesson, or somebody, has broken something. 'npx firedrill reset' brings the lab back.";

async function awaitLeader(boot: Boot): Promise<void> {
  const { lab } = boot;
  let saw = '';
  const look = async (): Promise<boolean> => {
    const members = await lab.etcd.members();
    saw = membersInWords(members);
    return isWhole(members);
  };
  await waitUntil(look, {
    what: 'etcd has a leader, and all its members answer',
    ...patienceWith(boot),
    saw: () => saw,
  });
}

async function awaitApiServer(boot: Boot): Promise<void> {
  await awaitApiServers(boot.lab, patienceWith(boot));
}

async function startAddons({ lab }: Boot): Promise<void> {
  await lab.kubernetes.apply(await addonManifests(lab));
}

async function awaitNodes(boot: Boot): Promise<void> {
  const { lab, layout, options } = boot;
  await completeJoins(lab, { signal: options.signal });
  await waitUntil(() => nodesReady(lab), {
    what: `nodes ${layout.machines
      .filter(runsKubelet)
      .map(({ name }) => name)
      .join(', ')} are Ready`,
    ...patienceWith(boot),
  });
}
