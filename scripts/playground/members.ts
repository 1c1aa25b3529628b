import { setTimeout as pause } from 'node:timers/promises';
import { readBundle } from '../bundle/bundle.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { waitUntil } from '../system/wait.ts';
import { endMembers, machineStates, peerUrl, removeMachine, runMember, startMembers } from './containers.ts';
import { call } from './gateway.ts';
import { machineNamed, playgroundClosed, type Place, type PlaygroundMachine } from './place.ts';
import { answers, leaderOf, lookAtRing, memberList, seesLeader, type Ring } from './ring.ts';

/** Seconds that the cluster is given to agree on a change of its members. */
const agreeSeconds = 7;

/**
 * The machines of these names; `leader` is the one that leads now.
 * @throws FiredrillError `unknown-member`, `no-leader`.
 */
export async function machinesNamed(place: Place, names: readonly string[]): Promise<PlaygroundMachine[]> {
  const unique = [...new Set(names)];
  if (!unique.includes('leader')) return unique.map((name) => machineNamed(place, name));
  const leader = leaderOf(await lookAtRing(place));
  if (!leader) {
    throw new FiredrillError('Nobody leads just now.', {
      code: 'no-leader',
      remedy: "Look with 'firedrill playground status'.",
    });
  }
  return [...new Set(unique.map((name) => (name === 'leader' ? leader.name : name)))].map((name) =>
    machineNamed(place, name),
  );
}

/** Ends etcd on these machines, politely or not. Those that are stopped already stay so. */
export async function end(place: Place, names: readonly string[], how: 'stop' | 'kill'): Promise<string[]> {
  const machines = await thoseThatAre(place, await machinesNamed(place, names), (state) => state === 'running');
  await endMembers(machines, how);
  return machines.map(({ name }) => name);
}

/** Starts etcd on these machines, or on all that are stopped where none is named. */
export async function start(place: Place, names: readonly string[]): Promise<string[]> {
  const wanted = names.length === 0 ? place.machines : names.map((name) => machineNamed(place, name));
  const states = await machineStates(place);
  const removed = names.find((name) => !states.has(name));
  if (removed !== undefined && states.size > 0) throw noMember(removed);
  const machines = await thoseThatAre(place, wanted, (state) => state !== undefined && state !== 'running');
  await startMembers(machines);
  return machines.map(({ name }) => name);
}

/**
 * Tells the cluster to go on without a member, and removes its machine with its data.
 * @throws FiredrillError `not-a-member`, `etcd-refused`.
 */
export async function remove(place: Place, name: string): Promise<void> {
  const machine = machineNamed(place, name);
  const { teller, ring } = await someoneWhoCanChange(place, name);
  const id = await idOf(teller, machine);
  if (id === undefined) {
    // The members were told by somebody else, such as etcdctl: the machine is left.
    if (!hasMachine(ring, name)) throw noMember(name);
    await removeMachine(machine);
    return;
  }
  const isGone = async () => (await idOf(teller, machine)) === undefined;
  await agreed(() => call(teller, '/v3/cluster/member/remove', { ID: id }, { timeoutSeconds: agreeSeconds }), isGone);
  if (hasMachine(ring, name)) await removeMachine(machine);
}

const hasMachine = ({ members }: Ring, name: string): boolean =>
  members.some((member) => member.name === name && member.state !== 'removed');

/**
 * Adds a member with an empty disk: as a learner, which gets every entry and has no vote.
 * @throws FiredrillError `member-already`, `etcd-refused`.
 */
export async function addLearner(place: Place, name: string, signal?: AbortSignal): Promise<void> {
  const machine = machineNamed(place, name);
  const { teller, ring } = await someoneWhoCanChange(place, name);
  if (hasMachine(ring, name)) {
    throw new FiredrillError(`${name} is a member already.`, {
      code: 'member-already',
      remedy: `Remove it first: 'firedrill playground remove ${name}'.`,
      exitCode: 2,
    });
  }
  const bundle = await readBundle();
  const body = { peerURLs: [peerUrl(machine.address)], isLearner: true };
  const isThere = async () => (await idOf(teller, machine)) !== undefined;
  await agreed(() => call(teller, '/v3/cluster/member/add', body, { timeoutSeconds: agreeSeconds }), isThere);
  const { members = [] } = await memberList(teller);
  const known = place.machines.filter(({ address }) =>
    members.some(({ peerURLs }) => peerURLs?.includes(peerUrl(address))),
  );
  await runMember(place, machine, { bundle, members: known, cluster: 'existing', signal });
}

/**
 * Gives a learner its vote, as soon as it has caught up: etcd refuses before.
 * @throws FiredrillError `not-a-member`, `waited-in-vain`; Interrupted.
 */
export async function promote(place: Place, name: string, signal?: AbortSignal): Promise<void> {
  const machine = machineNamed(place, name);
  const { teller } = await someoneWhoCanChange(place, name);
  const id = await idOf(teller, machine);
  if (id === undefined) throw noMember(name);
  let last = '';
  await waitUntil(
    async () => {
      try {
        await call(teller, '/v3/cluster/member/promote', { ID: id }, { timeoutSeconds: agreeSeconds, signal });
        return true;
      } catch (error) {
        last = messageOf(error);
        // A member that votes already needs no more.
        return last.includes('can only promote a learner');
      }
    },
    { what: `${name} has caught up and votes`, deadlineSeconds: 60, signal, saw: () => last },
  );
}

/** A member, other than the one in question, that sees a leader. */
async function someoneWhoCanChange(place: Place, except: string): Promise<{ teller: PlaygroundMachine; ring: Ring }> {
  const ring = await lookAtRing(place);
  if (!ring.open) throw playgroundClosed();
  const others = ring.members.filter((member) => member.name !== except && answers(member));
  const found = others.find(seesLeader) ?? others[0];
  if (found) return { teller: machineNamed(place, found.name), ring };
  throw refused('no other member answers');
}

const idOf = async (teller: PlaygroundMachine, { address }: PlaygroundMachine): Promise<string | undefined> =>
  (await memberList(teller)).members?.find(({ peerURLs }) => peerURLs?.includes(peerUrl(address)))?.ID;

/**
 * For some seconds after a member came back or a cable was mended, etcd refuses changes ("unhealthy cluster"), and a
 * change that meets an election gets no answer.
 */
const settleSeconds = 15;
const passes = /unhealthy cluster|not enough started members|timed out|leader changed|no leader|no answer/i;

/** Asks for a change until the members agree. One that got no answer may have been made all the same: `isMade` looks. */
async function agreed(change: () => Promise<unknown>, isMade: () => Promise<boolean>): Promise<void> {
  const until = performance.now() + settleSeconds * 1000;
  for (;;) {
    try {
      await change();
      return;
    } catch (error) {
      const why = messageOf(error);
      if (!passes.test(why) || performance.now() > until) throw refused(why);
      await pause(500);
      if (await isMade().catch(() => false)) return;
    }
  }
}

const refused = (why: string): FiredrillError =>
  new FiredrillError(`The members did not agree to this: ${why}.`, {
    code: 'etcd-refused',
    remedy: "A change of members needs a majority and a ring that is well: look with 'firedrill playground status'.",
  });

const noMember = (name: string): FiredrillError =>
  new FiredrillError(`${name} is no member now.`, {
    code: 'not-a-member',
    remedy: `Add it: 'firedrill playground add ${name}'.`,
    exitCode: 2,
  });

async function thoseThatAre(
  place: Place,
  machines: readonly PlaygroundMachine[],
  are: (state: string | undefined) => boolean,
): Promise<PlaygroundMachine[]> {
  const states = await machineStates(place);
  if (states.size === 0) throw playgroundClosed();
  return machines.filter(({ name }) => are(states.get(name)));
}
