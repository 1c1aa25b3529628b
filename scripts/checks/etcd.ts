import type { EtcdMember, Lab } from '../lab/lab.ts';
import { waitForAnswer } from '../system/wait.ts';
import { counted, lastLine, listed, lookSeconds, machineCheck } from './looking.ts';
import { met, unknown, unmet, type Check } from './verdict.ts';

/** A key that nothing writes. Reading it costs nothing and still needs a majority of the members. */
const probeKey = 'firedrill/nothing-is-here';

/** The name of the member that leads, as a majority of all members says; undefined where there is none. */
export async function etcdLeader(lab: Lab): Promise<string | undefined> {
  return leaderAmong(await lab.etcd.members({ timeoutSeconds: lookSeconds }));
}

/** Seconds that an election is given. */
const electionSeconds = 10;

/** The same for somebody who needs one: looks again while nobody leads. @throws FiredrillError `waited-in-vain`. */
export const someEtcdLeader = (lab: Lab, deadlineSeconds = electionSeconds): Promise<string> =>
  waitForAnswer(() => etcdLeader(lab), { what: 'etcd has a leader', deadlineSeconds });

/** A majority of the members names the same leader. */
export function etcdHasLeader(): Check {
  const claim = 'etcd has a leader';
  return machineCheck(claim, async (lab) => {
    const members = await lab.etcd.members({ timeoutSeconds: lookSeconds });
    const leader = leaderAmong(members);
    if (leader === undefined) return unmet(`no leader; ${answering(members)}`, claim);
    return met(`${leader} leads; ${answering(members)}`);
  });
}

/** At least so many members answer when they are asked one by one. */
export function etcdMembersAnswer(atLeast: number): Check {
  const claim = `${counted(atLeast, 'etcd member')} answer`;
  return machineCheck(claim, async (lab) => {
    const members = await lab.etcd.members({ timeoutSeconds: lookSeconds });
    const saw = answering(members);
    return members.filter((member) => member.answers).length >= atLeast ? met(saw) : unmet(saw, claim);
  });
}

/** etcd answers a linearizable read, which needs a majority. */
export function etcdHasQuorum(): Check {
  const claim = 'etcd has a quorum';
  return machineCheck(claim, async (lab) => {
    const read = await readWithQuorum(lab);
    if (read.kind === 'unclear') return unknown(read.why);
    return read.kind === 'answered'
      ? met('etcd answered a read that needs a majority')
      : unmet(`etcd did not answer a read that needs a majority (${read.why})`, claim);
  });
}

/** No majority of the members answers a linearizable read. */
export function etcdLostQuorum(): Check {
  const claim = 'etcd has lost its quorum';
  return machineCheck(claim, async (lab) => {
    const read = await readWithQuorum(lab);
    if (read.kind === 'unclear') return unknown(read.why);
    return read.kind === 'answered'
      ? unmet('etcd answered a read that needs a majority', claim)
      : met(`etcd did not answer a read that needs a majority (${read.why})`);
  });
}

/** The cluster's own list has so many members, whether they answer or not. Without a quorum nobody can tell. */
export function etcdMemberCountIs(count: number): Check {
  const claim = `etcd's list has ${counted(count, 'member')}`;
  return machineCheck(claim, async (lab) => {
    const result = await ask(lab, ['member', 'list', '--write-out=simple']);
    if (result.exitCode !== 0) return unknown(`etcd did not give its list (${lastLine(result.stderr)})`);
    const names = result.stdout
      .split('\n')
      .filter((line) => line.includes(','))
      // id, status, name, peer addresses, client addresses, is learner
      .map((line) => line.split(',')[2]?.trim() || 'one without a name');
    const saw = `the list has ${listed(names)}`;
    return names.length === count ? met(saw) : unmet(saw, claim);
  });
}

/** The key has the value, read from a majority. */
export function etcdKeyIs(key: string, value: string): Check {
  const claim = `the etcd key ${key} is ${value}`;
  return machineCheck(claim, async (lab) => {
    const result = await ask(lab, ['get', '--print-value-only', key]);
    if (result.exitCode !== 0) return unknown(`etcd did not answer (${lastLine(result.stderr)})`);
    const found = result.stdout.replace(/\n$/, '');
    if (found === value) return met(`${key} is ${found}`);
    return unmet(found === '' ? `there is no value at ${key}` : `${key} is ${found}`, claim);
  });
}

function leaderAmong(members: readonly EtcdMember[]): string | undefined {
  const majority = Math.floor(members.length / 2) + 1;
  for (const candidate of members) {
    if (!candidate.answers || candidate.memberId === undefined) continue;
    const votes = members.filter((member) => member.answers && member.leaderId === candidate.memberId);
    if (votes.length >= majority) return candidate.name;
  }
  return undefined;
}

function answering(members: readonly EtcdMember[]): string {
  const good = members.filter((member) => member.answers).map((member) => member.name);
  const bad = members.filter((member) => !member.answers).map((member) => member.name);
  const silent = bad.length === 0 ? '' : `, ${listed(bad)} ${bad.length === 1 ? 'does' : 'do'} not`;
  return good.length === 0
    ? 'no member answers'
    : `${listed(good)} ${good.length === 1 ? 'answers' : 'answer'}${silent}`;
}

/** etcdctl's own limit ends before the one on the program, so that it can say what is wrong. */
const ask = (lab: Lab, args: readonly string[]) =>
  lab.etcd.ctl([...args, `--command-timeout=${lookSeconds}s`], { timeoutSeconds: lookSeconds + 3 });

type QuorumRead = { kind: 'answered' } | { kind: 'no-quorum' | 'unclear'; why: string };

async function readWithQuorum(lab: Lab): Promise<QuorumRead> {
  const result = await ask(lab, ['get', probeKey]);
  if (result.exitCode === 0) return { kind: 'answered' };
  const said = result.stderr.trim();
  const last = lastLine(said);
  // What etcd's client says when the members are gone or cannot agree; anything else is trouble of our own.
  const noQuorum = /deadline exceeded|timed out|no leader|connection refused|unavailable|leader changed/i.test(said);
  return noQuorum ? { kind: 'no-quorum', why: last } : { kind: 'unclear', why: `etcdctl failed (${last})` };
}
