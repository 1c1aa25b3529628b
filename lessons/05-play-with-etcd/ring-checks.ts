import { listed } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check, type Verdict } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { get, put, type KeyValue } from '../../scripts/playground/keys.ts';
import { placeOf, type Place } from '../../scripts/playground/place.ts';
import {
  answers,
  leaderOf,
  lookAtRing,
  seesLeader,
  type MemberState,
  type Ring,
} from '../../scripts/playground/ring.ts';
import { messageOf } from '../../scripts/system/errors.ts';

/** The playground that belongs to a lab, whether the lab is up or not. */
export const playgroundOf = (lab: Lab): Promise<Place> => placeOf(lab.layout.name);

function ringCheck(claim: string, judge: (ring: Ring, place: Place, lab: Lab) => Verdict | Promise<Verdict>): Check {
  return {
    claim,
    async look(lab, signal) {
      try {
        const place = await playgroundOf(lab);
        const ring = await lookAtRing(place, signal);
        if (!ring.open) return unmet('the playground is closed', claim, "'firedrill playground up' opens it.");
        return await judge(ring, place, lab);
      } catch (error) {
        signal?.throwIfAborted();
        return unknown(messageOf(error));
      }
    },
  };
}

const inWords = (ring: Ring): string => ring.members.map(({ name, state }) => `${name} ${state}`).join(', ');
const seen = (ring: Ring, holds: boolean, claim: string, hint?: string): Verdict =>
  holds ? met(inWords(ring)) : unmet(inWords(ring), claim, hint);

/** Pure parts of the checks, for the tests too. */
export const isWhole = (ring: Ring, voters: number): boolean =>
  ring.cuts.length === 0 &&
  ring.voters.length === voters &&
  leaderOf(ring) !== undefined &&
  ring.members.filter(({ name }) => ring.voters.includes(name)).every(seesLeader) &&
  new Set(ring.members.filter(answers).map(({ term }) => term)).size === 1;

/** So many members vote, all of them see the same leader, and no cable is cut. */
export function ringIsWhole(voters = 5): Check {
  const claim = `${voters} members vote, one leads, and all follow`;
  return ringCheck(claim, (ring) => {
    const cut = ring.cuts.length > 0 ? ' and cables are cut' : '';
    const also = ring.voters.length === voters ? '' : ` and ${ring.voters.length} vote`;
    return isWhole(ring, voters) ? met(inWords(ring)) : unmet(`${inWords(ring)}${cut}${also}`, claim);
  });
}

/** So many members vote, as `ringIsWhole` says, and this one is none of them. */
export function memberLeft(name: string, voters: number): Check {
  const claim = `${name} is no member, ${voters} others vote, and one leads`;
  return ringCheck(claim, (ring) => judgeLeaving(ring, name, voters, claim));
}

export function judgeLeaving(ring: Ring, name: string, voters: number, claim: string): Verdict {
  const wrong = ring.members.find((member) => member.name !== name && member.state === 'removed')?.name;
  const hint = wrong === undefined ? undefined : `'firedrill playground add ${wrong}' brings ${wrong} back.`;
  return seen(ring, !ring.voters.includes(name) && isWhole(ring, voters), claim, hint);
}

/** All members that run have the same keys and the same history of them. */
export const membersAgree = (): Check =>
  ringCheck('all members have the same keys (the same hash)', (ring) => {
    const hashes = ring.members.filter(answers).map(({ name, hash }) => `${name} ${(hash ?? 0).toString(16)}`);
    const same = new Set(ring.members.filter(answers).map(({ hash }) => hash)).size === 1;
    return same ? met(listed(hashes)) : unmet(listed(hashes), 'one hash on all');
  });

/** Holds the term as it was before somebody was to kill the leader. */
const termBefore = 'before/term';

/** Writes the leader's term into the ring, where `leaderIsAnother` finds it. @throws where nobody leads. */
export async function noteTerm(lab: Lab): Promise<void> {
  const place = await playgroundOf(lab);
  const term = leaderOf(await lookAtRing(place))?.term;
  if (term === undefined) throw new Error('nobody leads just now');
  const { ok, via, said } = await put(place, termBefore, String(term));
  if (!ok) throw new Error(`${via}: ${said}`);
}

/** A member is stopped that led, and another leads. Whoever stops one that only follows changes no term. */
export const leaderIsAnother = (): Check =>
  ringCheck(otherLeads, async (ring, place) => {
    if (leaderOf(ring) === undefined) return seen(ring, false, otherLeads);
    const { keys } = await get(place, termBefore, { serializable: true });
    return judgeLoss(ring, keys?.[0] && Number(keys[0].value));
  });

const otherLeads = 'the member that led is stopped, and another one leads';

/** @param before the term as it was; undefined where nobody noted it: then any stopped member counts. */
export function judgeLoss(ring: Ring, before: number | undefined): Verdict {
  const stopped = ring.members.filter(({ state }) => state === 'stopped').map(({ name }) => name);
  const leader = leaderOf(ring);
  if (stopped.length === 0 || !leader) return seen(ring, false, otherLeads);
  if (before === undefined || (leader.term ?? 0) > before) return met(inWords(ring));
  const did = stopped.length === 1 ? 'is stopped, and it' : 'are stopped, and they';
  const saw = `${listed(stopped)} ${did} did not lead: ${leader.name} leads on in term ${before}`;
  const hint =
    "'firedrill playground start' brings back who is stopped, 'firedrill playground status' shows who leads.";
  return unmet(saw, otherLeads, hint);
}

const quorumGone = 'three of five are stopped, and the others see that nobody leads';

export const quorumIsGone = (): Check => ringCheck(quorumGone, judgeQuorum);

/** So many are stopped that nobody can lead, and those that run know it: for about a second, they follow one that is gone. */
export function judgeQuorum(ring: Ring): Verdict {
  const of = (...states: MemberState[]): number => ring.members.filter(({ state }) => states.includes(state)).length;
  const stopped = of('stopped');
  const others = ring.members.length - stopped - of('removed');
  return seen(ring, stopped >= 3 && others > 0 && others === of('leaderless'), quorumGone);
}

/** The ring is cut into these two sides, and only the second one has a leader. */
export function onlySideLed(without: readonly string[], led: readonly string[]): Check {
  const claim = `${listed(without)} see no leader, while ${listed(led)} have one`;
  return ringCheck(claim, (ring) => {
    const is = (name: string, wanted: (member: Ring['members'][number]) => boolean): boolean =>
      ring.members.some((member) => member.name === name && wanted(member));
    const alone = without.every((name) => is(name, ({ state }) => state === 'leaderless'));
    const well = led.every((name) => is(name, seesLeader));
    const hint = ring.cuts.length === 0 ? 'No cable is cut.' : undefined;
    return seen(ring, alone && well && ring.cuts.length > 0, claim, hint);
  });
}

export function playgroundIsClosed(): Check {
  const claim = 'the playground is closed';
  return {
    claim,
    async look(lab, signal) {
      try {
        const ring = await lookAtRing(await playgroundOf(lab), signal);
        return ring.open ? unmet(inWords(ring), claim) : met('there are no machines p1 to p5');
      } catch (error) {
        signal?.throwIfAborted();
        return unknown(messageOf(error));
      }
    },
  };
}

/** A key is as it should be; `undefined` where it is not there. Read without a majority too. */
export function keyIs(key: string, claim: string, judge: (found: KeyValue | undefined, ring: Ring) => Verdict): Check {
  return ringCheck(claim, async (ring, place) => {
    const answer = await get(place, key, { serializable: true });
    if (!answer.ok) return unknown(`${answer.via}: ${answer.said}`);
    return judge(answer.keys?.[0], ring);
  });
}

/** The key holds the name of the member that leads now. */
export const leaderIsWrittenTo = (key: string): Check =>
  keyIs(key, `${key} holds the name of the member that leads`, (found, ring) => {
    const leader = leaderOf(ring)?.name;
    if (leader === undefined) return unknown('nobody leads just now');
    if (found === undefined) return unmet(`there is no key ${key}`, 'the name of the leader in it');
    const saw = `${key} says ${JSON.stringify(found.value)}`;
    return found.value.trim() === leader ? met(saw) : unmet(saw, 'the member that leads now');
  });

export const writtenAtLeast = (key: string, times: number): Check =>
  keyIs(key, `${key} was written ${times} times or more`, (found) => {
    if (found === undefined) return unmet(`there is no key ${key}`, `${times} writes`);
    const saw = `${key} was written ${found.version} times`;
    return found.version >= times ? met(saw) : unmet(saw, `${times} writes`);
  });

export const isTaken = (key: string, free: string): Check =>
  keyIs(key, `${key} is taken`, (found) => {
    if (found === undefined) return unmet(`there is no key ${key}`, 'a name in it');
    const saw = `${key} says ${JSON.stringify(found.value)}`;
    return found.value !== free && found.value !== '' ? met(saw) : unmet(saw, 'a name in it');
  });

export const hangsOnLease = (key: string): Check =>
  keyIs(key, `${key} hangs on a lease`, (found) => {
    if (found === undefined) return unmet(`there is no key ${key}`, 'one that hangs on a lease');
    if (found.lease === undefined) return unmet(`${key} is there for good`, 'a lease', 'Did you give --lease?');
    return met(`${key} hangs on lease ${found.lease}`);
  });

/** Reading as of the first write to the log answers that this is compacted. */
export const historyIsCompacted = (): Check =>
  ringCheck('the old history is gone: revision 2 cannot be read any more', async (ring, place) => {
    const answer = await get(place, 'log/x', { revision: 2 });
    if (answer.ok) return unmet('revision 2 can still be read', 'it is compacted');
    if (answer.said.includes('compacted')) return met(answer.said);
    return unknown(`${answer.via}: ${answer.said} (${inWords(ring)})`);
  });
