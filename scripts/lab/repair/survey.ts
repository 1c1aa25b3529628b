import { setTimeout as pause } from 'node:timers/promises';
import { listContainers } from '../docker.ts';
import { isLed, isWhole } from '../health.ts';
import type { EtcdMember, Lab } from '../lab.ts';
import { joinersOf } from '../scale/workers.ts';
import { ownNamespaces } from './leftovers.ts';
import { isWithoutDns } from './own-objects.ts';

/** What a reset finds, before it changes anything. */
export interface Survey {
  /** Machines of the first boot that are not there any more. */
  destroyed: readonly string[];
  /** Workers that joined after the first boot. */
  joined: readonly string[];
  /**
   * `emptied`: the members are well, and the cluster's own objects are gone. `silent`: not every member answers, or none
   * leads. `lost`: that, and data of a member is gone, or those objects are.
   */
  etcd: 'serves' | 'silent' | 'emptied' | 'lost';
  /** What is on the cluster that is not its own; undefined where the API server does not tell. */
  cluster: { namespaces: readonly string[]; volumes: readonly string[] } | undefined;
}

/** Seconds that a look may take: a wreck does not answer, and its repair should begin. */
const limitSeconds = 1;

interface List {
  items: { metadata: { name: string } }[];
}

/**
 * Looks at a lab in whatever state it is, for a second or two. Changes nothing.
 * @throws FiredrillError `docker-silent`.
 */
export async function surveyLab(lab: Lab, containersOf: typeof listContainers = listContainers): Promise<Survey> {
  const noMajority = new AbortController();
  const asking = { timeoutSeconds: limitSeconds, signal: noMajority.signal };
  const lookAtMembers = async (): Promise<EtcdMember[]> => {
    const seen = await lab.etcd.members({ timeoutSeconds: limitSeconds });
    // Then no API server can list anything: nobody needs to wait for one.
    if (!isLed(seen)) noMajority.abort();
    return seen;
  };
  const [destroyed, members, cluster, dnsIsGone] = await Promise.all([
    destroyedMachines(lab, containersOf),
    lookAtMembers(),
    foreignIn(lab, asking),
    isWithoutDns(lab, asking).catch(() => false),
  ]);
  const etcdIs = async (): Promise<Survey['etcd']> => {
    if (isWhole(members)) return dnsIsGone ? 'emptied' : 'serves';
    return dnsIsGone || (await someMemberIsEmpty(lab, destroyed)) ? 'lost' : 'silent';
  };
  return {
    destroyed,
    joined: joinersOf(lab.layout).map(({ name }) => name),
    etcd: await etcdIs(),
    cluster,
  };
}

async function destroyedMachines(lab: Lab, containersOf: typeof listContainers): Promise<string[]> {
  if (lab.layout.provider !== 'docker') return [];
  const containers = await containersOf(lab.layout.name);
  const booted = lab.layout.machines.filter(({ joined }) => joined !== true).map(({ name }) => name);
  return booted.filter((name) => !containers.some(({ machine }) => machine === name));
}

interface Asking {
  timeoutSeconds: number;
  signal: AbortSignal;
}

async function foreignIn(lab: Lab, asking: Asking): Promise<Survey['cluster']> {
  const list = async (path: string) => (await lab.kubernetes.get<List>(path, asking)).items;
  try {
    const [namespaces, volumes] = await Promise.all([list('/api/v1/namespaces'), list('/api/v1/persistentvolumes')]);
    const foreign = namespaces.map(({ metadata }) => metadata.name).filter((name) => !ownNamespaces.has(name));
    return { namespaces: foreign, volumes: volumes.map(({ metadata }) => metadata.name) };
  } catch {
    return undefined;
  }
}

/** Of the machines that answer in time; the others are looked at when they run. */
async function someMemberIsEmpty(lab: Lab, destroyed: readonly string[]): Promise<boolean> {
  const looks = lab
    .machinesWithRole('etcd')
    .filter(({ name }) => !destroyed.includes(name))
    .map(async ({ name }) => {
      const look = lab.on(name, '[ -d /var/lib/etcd/data/member ]', { timeoutSeconds: 5 });
      const result = await Promise.race([look.catch(() => undefined), pause(limitSeconds * 1000)]);
      return result?.exitCode === 1;
    });
  return (await Promise.all(looks)).includes(true);
}
