import type { Ring, RingMember } from './ring.ts';

/** What quorum means at this moment, in sentences. Pure. */
export function quorumInWords(ring: Ring): string[] {
  if (!ring.open) return ['The playground is closed.'];
  const { voters } = ring;
  const majority = Math.floor(voters.length / 2) + 1;
  const lines = [
    `${counted(voters.length, 'member')} vote${voters.length === 1 ? 's' : ''}, so a majority (a quorum) is ${majority}.`,
  ];
  const running = ring.members.filter(({ name, state }) => voters.includes(name) && runs(state));
  const sides = sidesOf(running, ring);
  if (sides.length > 1) return [...lines, ...sides.map((side) => sideInWords(side, majority))];
  lines.push(runningInWords(running, majority));
  if (ring.members.some(({ state }) => state === 'learner')) {
    lines.push('A learner gets every entry and has no vote, so it does not count.');
  }
  return lines;
}

function runningInWords(running: readonly RingMember[], majority: number): string {
  const spare = running.length - majority;
  const leader = running.find(({ state }) => state === 'leader')?.name;
  if (running.length === 0) return 'None of them runs: nobody answers.';
  if (spare < 0) {
    const tooFew = `${listed(running)} ${running.length === 1 ? 'runs' : 'run'}: too few.`;
    return leader === undefined
      ? `${tooFew} Nobody leads, no write is confirmed, and only reads that may be old ('serializable') are answered.`
      : `${tooFew} ${leader} still believes that it leads. It confirms nothing, and will notice in a second.`;
  }
  if (leader === undefined) return `${counted(running.length, 'member')} run: enough, and they are electing a leader.`;
  if (spare === 0) return `${counted(running.length, 'member')} run: none of them may fail now.`;
  return `${counted(running.length, 'member')} run: ${spare} more may fail.`;
}

const runs = (state: RingMember['state']): boolean => state !== 'stopped' && state !== 'removed' && state !== 'learner';

/** Members that can reach each other, directly or through others. */
function sidesOf(members: readonly RingMember[], { cuts }: Ring): RingMember[][] {
  const isCut = (one: string, other: string): boolean =>
    cuts.some(([a, b]) => (a === one && b === other) || (a === other && b === one));
  const left = [...members];
  const sides: RingMember[][] = [];
  for (let first = left.shift(); first !== undefined; first = left.shift()) {
    const side = [first];
    for (const member of side) {
      const near = left.filter((other) => !isCut(member.name, other.name));
      for (const other of near) left.splice(left.indexOf(other), 1);
      side.push(...near);
    }
    sides.push(side);
  }
  return sides.sort((one, other) => other.length - one.length);
}

function sideInWords(side: readonly RingMember[], majority: number): string {
  const names = listed(side);
  const [are, they] = side.length === 1 ? ['is', 'it'] : ['are', 'they'];
  return side.length >= majority
    ? `${names} ${are} a majority on this side of the cut: ${they} elect${side.length === 1 ? 's' : ''} and confirm writes.`
    : `${names} ${are} too few on this side of the cut: ${they} confirm${side.length === 1 ? 's' : ''} nothing, however well ${they} run${side.length === 1 ? 's' : ''}.`;
}

const listed = (members: readonly RingMember[]): string => {
  const names = members.map(({ name }) => name);
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
};

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
