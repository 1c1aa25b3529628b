import type { MemberState, Ring, RingMember } from '../../scripts/playground/ring.ts';

/** A ring as it would be seen, its members in these states. */
export function ringOf(
  states: readonly MemberState[],
  cuts: Ring['cuts'] = [],
  figures: Partial<RingMember> = {},
): Ring {
  const members = states.map((state, index): RingMember => {
    const about = { name: `p${index + 1}`, port: 8461 + index, state };
    const answers = !['stopped', 'removed', 'silent'].includes(state);
    return answers ? { ...about, id: `${index + 1}`, term: 2, index: 10, revision: 5, hash: 7, ...figures } : about;
  });
  const there = members.filter(({ state }) => state !== 'removed');
  return {
    open: there.length > 0,
    members,
    voters: there.filter(({ state }) => state !== 'learner').map(({ name }) => name),
    cuts,
  };
}
