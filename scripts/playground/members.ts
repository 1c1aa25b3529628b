import { setTimeout as pause } from 'node:timers/promises';
import { readBundle } from '../bundle/bundle.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { waitUntil } from '../system/wait.ts';
import { endMembers, machineStates, peerUrl, removeMachine, runMember, startMembers } from './containers.ts';
import { call, encoded } from './gateway.ts';
import { machineNamed, playgroundClosed, type Place, type PlaygroundMachine } from './place.ts';
import {
  answers,
  bestFirst,
  leaderOf,
  look,
  lookForLeader,
  lookSeconds,
  memberList,
  seesLeader,
  type Ring,
  type RingMember,
} from './ring.ts';

/** Seconds that the cluster is given to agree on a change of its members. */
const agreeSeconds = 7;
/** Seconds within which a member hears of a change, unless it is cut off. */
const hearSeconds = 3;
/** Seconds that a new member is given to answer. */
const startSeconds = 30;

/**
 * The machines of these names; `leader` is the one that leads now.
 * @throws FiredrillError `unknown-member`, `no-leader`.
 */
export async function machinesNamed(place: Place, names: readonly string[]): Promise<PlaygroundMachine[]> {
  const unique = [...new Set(names)];
  if (!unique.includes('leader')) return unique.map((name) => machineNamed(place, name));
  const leader = leaderOf(await lookForLeader(place, { needed: true }));
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
  const { tellers, ring } = await thoseWhoCanChange(place, name);
  const id = await idOf(tellers[0], machine);
  if (id === undefined) {
    // The members were told by somebody else, such as etcdctl: the machine is left.
    if (!hasMachine(ring, name)) throw noMember(name);
    await removeMachine(machine);
    return;
  }
  await agreed(tellers, {
    change: (teller) => call(teller, '/v3/cluster/member/remove', { ID: id }, { timeoutSeconds: agreeSeconds }),
    isMade: async (teller) => (await idOf(teller, machine, lookSeconds)) === undefined,
  });
  if (hasMachine(ring, name)) await removeMachine(machine);
}

const hasMachine = ({ members }: Ring, name: string): boolean =>
  members.some((member) => member.name === name && member.state !== 'removed');

/**
 * Adds a member with an empty disk: as a learner, which gets every entry and has no vote. Returns once it answers.
 * @throws FiredrillError `member-already`, `etcd-refused`, `member-ended`, `waited-in-vain`; Interrupted.
 */
export async function addLearner(place: Place, name: string, signal?: AbortSignal): Promise<void> {
  const machine = machineNamed(place, name);
  const { tellers, ring } = await thoseWhoCanChange(place, name);
  if (hasMachine(ring, name)) {
    throw new FiredrillError(`${name} is a member already.`, {
      code: 'member-already',
      remedy: `Remove it first: 'firedrill playground remove ${name}'.`,
      exitCode: 2,
    });
  }
  const bundle = await readBundle();
  const body = { peerURLs: [peerUrl(machine.address)], isLearner: true };
  const teller = await agreed(tellers, {
    change: (one) => call(one, '/v3/cluster/member/add', body, { timeoutSeconds: agreeSeconds }),
    isMade: async (one) => (await idOf(one, machine, lookSeconds)) !== undefined,
  });
  const { members = [] } = await memberList(teller, { timeoutSeconds: agreeSeconds, signal });
  const known = place.machines.filter(({ address }) =>
    members.some(({ peerURLs }) => peerURLs?.includes(peerUrl(address))),
  );
  await allKnow(place, ring, machine, signal);
  await runMember(place, machine, { bundle, members: known, cluster: 'existing', signal });
  await awaitStart(place, machine, { teller, signal });
}

/**
 * Waits until all members that answer know of a new one. It asks the first of them that answers who belongs to the
 * cluster, and ends where that one has not heard of it yet ("member count is unequal"). One that is cut off hears of it
 * later: it is not waited for to the end.
 */
async function allKnow(place: Place, ring: Ring, machine: PlaygroundMachine, signal?: AbortSignal): Promise<void> {
  const others = ring.members.filter((member) => member.name !== machine.name && answers(member));
  const knows = async ({ name }: { name: string }) =>
    (await idOf(machineNamed(place, name), machine, lookSeconds)) !== undefined;
  const options = { what: `all know of ${machine.name}`, deadlineSeconds: hearSeconds, everySeconds: 0.1, signal };
  await waitUntil(async () => (await Promise.all(others.map(knows))).every(Boolean), options).catch(() => {
    signal?.throwIfAborted();
  });
}

/** A key that nobody has: to delete it is an entry of the log, and changes nothing. */
const noKey = encoded('firedrill/nobody-has-this');

/**
 * Waits until a new member answers. One that was sent a snapshot counts what it has applied from the next entry on: with
 * more than 5000 entries behind it, it takes itself for too far back, and is silent until there is one (etcd 3.6: seen).
 * @throws FiredrillError `member-ended`, `waited-in-vain`; Interrupted.
 */
async function awaitStart(
  place: Place,
  machine: PlaygroundMachine,
  { teller, signal }: { teller: PlaygroundMachine; signal?: AbortSignal | undefined },
): Promise<void> {
  const { name } = machine;
  let seen: RingMember | undefined;
  let startedAgain = false;
  const answersOrEnded = async () => {
    seen = await look(machine, (await machineStates(place, signal)).get(name), signal);
    if (seen.state === 'stopped' && !startedAgain) {
      // It may have asked a member that had not heard of it yet.
      startedAgain = true;
      await startMembers([machine]);
      return false;
    }
    if (seen.state !== 'silent') return true;
    await call(teller, '/v3/kv/deleterange', { key: noKey }, { timeoutSeconds: agreeSeconds, signal });
    return false;
  };
  await waitUntil(answersOrEnded, { what: `${name} answers`, deadlineSeconds: startSeconds, signal });
  if (seen && answers(seen)) return;
  throw new FiredrillError(`${name} was added, and ended again at its start.`, {
    code: 'member-ended',
    remedy: `Start it once more: 'firedrill playground start ${name}'.`,
  });
}

/**
 * Gives a learner its vote, as soon as it has caught up: etcd refuses before.
 * @throws FiredrillError `not-a-member`, `waited-in-vain`; Interrupted.
 */
export async function promote(place: Place, name: string, signal?: AbortSignal): Promise<void> {
  const machine = machineNamed(place, name);
  const { tellers } = await thoseWhoCanChange(place, name);
  const [teller] = tellers;
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

/** At least one. */
type Tellers = readonly [PlaygroundMachine, ...PlaygroundMachine[]];

/**
 * The members, other than the one in question, that can be asked for a change; first the leader, if it is among them. For
 * seconds after a cable was mended, what a follower hands on to its leader gets lost, and etcd says so only after seven.
 */
async function thoseWhoCanChange(place: Place, except: string): Promise<{ tellers: Tellers; ring: Ring }> {
  const ring = await lookForLeader(place, { needed: true });
  if (!ring.open) throw playgroundClosed();
  const others = bestFirst({ members: ring.members.filter(({ name }) => name !== except) });
  // One that is cut off from the leader has an old list of the members, and believes it.
  const led = others.filter(seesLeader);
  const [first, ...more] = (led.length > 0 ? led : others).map(({ name }) => machineNamed(place, name));
  if (first) return { tellers: [first, ...more], ring };
  throw refused('no other member answers');
}

const idOf = async (
  teller: PlaygroundMachine,
  { address }: PlaygroundMachine,
  timeoutSeconds = agreeSeconds,
): Promise<string | undefined> => {
  const { members } = await memberList(teller, { timeoutSeconds });
  return members?.find(({ peerURLs }) => peerURLs?.includes(peerUrl(address)))?.ID;
};

/**
 * For some seconds after a member came back or a cable was mended, etcd refuses changes ("unhealthy cluster"), and a
 * change that meets an election gets no answer.
 */
const settleSeconds = 15;
const passes = /unhealthy cluster|not enough started members|timed out|leader changed|no leader|no answer/i;

interface Change {
  change: (teller: PlaygroundMachine) => Promise<unknown>;
  isMade: (teller: PlaygroundMachine) => Promise<boolean>;
}

/**
 * Asks for a change until the members agree. One that got no answer may have been made all the same: `isMade` looks. Each
 * member judges by its own connections, and one may take another for away for as long as nothing breaks (etcd 3.6: a late
 * error of a message that was given up counts against a peer whose streams are well; seen). So the others are asked, too.
 * @returns the member that knows of it.
 */
async function agreed(tellers: Tellers, { change, isMade }: Change): Promise<PlaygroundMachine> {
  const until = performance.now() + settleSeconds * 1000;
  for (let attempt = 0; ; attempt += 1) {
    const teller = tellers[attempt % tellers.length] ?? tellers[0];
    try {
      await change(teller);
      return teller;
    } catch (error) {
      const why = messageOf(error);
      const mayPass = passes.test(why);
      // What an earlier attempt asked for may be refused now because it was made.
      if (mayPass || attempt > 0) {
        await pause(500);
        const made = await Promise.all(tellers.map((one) => isMade(one).catch(() => false)));
        const knows = tellers.find((_, index) => made[index]);
        if (knows) return knows;
      }
      if (!mayPass || performance.now() > until) throw refused(why);
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
