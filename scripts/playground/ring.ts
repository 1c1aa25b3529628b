import { comesTrue } from '../system/wait.ts';
import { call, type CallOptions } from './gateway.ts';
import { machineStates } from './containers.ts';
import { readCuts, type Cut } from './cuts.ts';
import type { Place, PlaygroundMachine } from './place.ts';

/**
 * `stopped`: etcd does not run there. `silent`: it runs and does not answer. `leaderless`: it answers and sees no
 * leader. `removed`: it is no member, and its machine is gone.
 */
export type MemberState = 'leader' | 'follower' | 'learner' | 'leaderless' | 'silent' | 'stopped' | 'removed';

export interface RingMember {
  name: string;
  port: number;
  state: MemberState;
  /** Hexadecimal, as etcdctl shows it. The following are there where the member answers. */
  id?: string;
  term?: number;
  /** Number of the last log entry that it knows to be committed: what etcd's status calls `raftIndex`. */
  index?: number;
  revision?: number;
  dbSizeBytes?: number;
  /** Hash of all keys and their history up to `revision` (etcd's HashKV): the same on each member that is up to date. */
  hash?: number;
}

/** What is seen of the playground at one moment. */
export interface Ring {
  /** Whether there is any machine. */
  open: boolean;
  members: readonly RingMember[];
  /** Names of those that vote: whatever the cluster's own list says, or all that there are where nobody tells. */
  voters: readonly string[];
  cuts: readonly Cut[];
}

interface Header {
  member_id?: string;
  revision?: string;
}
interface Status {
  header?: Header;
  dbSize?: string;
  leader?: string;
  raftIndex?: string;
  raftTerm?: string;
  isLearner?: boolean;
}
interface Hash {
  hash?: number;
}
export interface MemberList {
  members?: { ID?: string; name?: string; peerURLs?: string[]; isLearner?: boolean }[];
}

/** Seconds that a member has to tell its state, where somebody looks again. */
export const lookSeconds = 1;

/** Looks at every machine at once. @throws FiredrillError where docker does not answer; Interrupted. */
export async function lookAtRing(place: Place, signal?: AbortSignal): Promise<Ring> {
  const [states, cuts] = await Promise.all([machineStates(place, signal), readCuts(place)]);
  const members = await Promise.all(place.machines.map((machine) => look(machine, states.get(machine.name), signal)));
  const there = members.filter(({ state }) => state !== 'removed');
  const list = await listOf(place, there, signal);
  const voters = list?.members
    ?.filter(({ isLearner }) => !isLearner)
    .map(({ name, peerURLs = [] }) => name || addedName(place, peerURLs))
    .sort();
  return {
    open: there.length > 0,
    members,
    voters: voters ?? there.filter(({ state }) => state !== 'learner').map(({ name }) => name),
    cuts,
  };
}

/** Seconds within which a ring that is well has elected a leader, and a computer that is busy lets one answer. */
const ledSeconds = 3;

/**
 * The same for somebody who has to choose whom to ask: one look may come while a member is late. Looks again until one
 * leads, or, unless that is `needed`, until all that run have answered and none does.
 */
export async function lookForLeader(
  place: Place,
  { needed = false, signal }: { needed?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Ring> {
  let ring = await lookAtRing(place, signal);
  const isTold = (): boolean =>
    !ring.open || leaderOf(ring) !== undefined || !(needed || ring.members.some(({ state }) => state === 'silent'));
  if (isTold()) return ring;
  const look = async (): Promise<boolean> => {
    ring = await lookAtRing(place, signal);
    return isTold();
  };
  await comesTrue(look, { what: 'a member leads', deadlineSeconds: ledSeconds, signal });
  return ring;
}

/** The list of the one that knows best: the leader, or one that follows it, or any. */
async function listOf(
  place: Place,
  members: readonly RingMember[],
  signal: AbortSignal | undefined,
): Promise<MemberList | undefined> {
  const [best] = bestFirst({ members });
  const machine = place.machines.find(({ name }) => name === best?.name);
  return machine && memberList(machine, { signal }).catch(() => undefined);
}

/** A member that was added and has not started yet has no name. */
const addedName = (place: Place, peerUrls: readonly string[]): string =>
  place.machines.find(({ address }) => peerUrls[0]?.includes(`//${address}:`))?.name ?? '?';

/** The cluster's members as one of them has them in its own store: it answers without a quorum too. */
export const memberList = async (
  machine: PlaygroundMachine,
  { timeoutSeconds = lookSeconds, signal }: CallOptions = {},
): Promise<MemberList> =>
  (await call(machine, '/v3/cluster/member/list', { linearizable: false }, { timeoutSeconds, signal })) as MemberList;

/** One member as it is now; `container`: the state of its container, undefined where there is none. */
export async function look(
  { name, port, ...machine }: PlaygroundMachine,
  container: string | undefined,
  signal?: AbortSignal,
): Promise<RingMember> {
  if (container === undefined) return { name, port, state: 'removed' };
  if (container !== 'running') return { name, port, state: 'stopped' };
  const options = { timeoutSeconds: lookSeconds, signal };
  const ask = (path: string) => call({ name, port, ...machine }, path, {}, options);
  try {
    const [status, hash] = (await Promise.all([
      ask('/v3/maintenance/status'),
      ask('/v3/maintenance/hashkv').catch(() => ({})),
    ])) as [Status, Hash];
    return {
      name,
      port,
      state: stateIn(status),
      ...figuresIn(status),
      ...(hash.hash === undefined ? {} : { hash: hash.hash }),
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error)) throw error;
    return { name, port, state: 'silent' };
  }
}

function stateIn({ header, leader = '0', isLearner }: Status): MemberState {
  if (isLearner) return 'learner';
  if (leader === '0') return 'leaderless';
  return leader === header?.member_id ? 'leader' : 'follower';
}

const figuresIn = ({ header, raftTerm, raftIndex, dbSize }: Status) => ({
  id: BigInt(header?.member_id ?? '0').toString(16),
  term: Number(raftTerm ?? 0),
  index: Number(raftIndex ?? 0),
  revision: Number(header?.revision ?? 0),
  dbSizeBytes: Number(dbSize ?? 0),
});

export const answers = (member: RingMember): boolean => member.id !== undefined;
export const seesLeader = ({ state }: RingMember): boolean => ['leader', 'follower'].includes(state);

/** Those that answer: first the one that leads, then those that see a leader, then the others. */
export function bestFirst(ring: Pick<Ring, 'members'>): RingMember[] {
  const leader = leaderOf(ring);
  const rank = (member: RingMember): number => (member === leader ? 0 : seesLeader(member) ? 1 : 2);
  return ring.members.filter(answers).toSorted((one, other) => rank(one) - rank(other));
}

/** All that have a machine, in the order in which they are to be asked. */
export function orderToAsk(ring: Pick<Ring, 'members'>): RingMember[] {
  const inState = (state: MemberState): RingMember[] => ring.members.filter((member) => member.state === state);
  return [...bestFirst(ring), ...inState('silent'), ...inState('stopped')];
}

/** The member that leads. In the second after a cut there may be two: the one of the higher term counts. */
export const leaderOf = ({ members }: Pick<Ring, 'members'>): RingMember | undefined =>
  members.filter(({ state }) => state === 'leader').sort((one, other) => (other.term ?? 0) - (one.term ?? 0))[0];
