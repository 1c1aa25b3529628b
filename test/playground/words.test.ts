import { describe, expect, test } from 'vitest';
import type { MemberState, Ring } from '../../scripts/playground/ring.ts';
import { quorumInWords } from '../../scripts/playground/words.ts';
import { ringOf } from './rings.ts';

const last = (ring: Ring): string => quorumInWords(ring).at(-1) ?? '';
const running = (count: number): MemberState[] =>
  Array.from({ length: 5 }, (_, index) => (index >= count ? 'stopped' : index === 0 ? 'leader' : 'follower'));

describe('what quorum means now', () => {
  test.each([
    [5, '5 members run: 2 more may fail.'],
    [4, '4 members run: 1 more may fail.'],
    [3, '3 members run: none of them may fail now.'],
  ])('%i of five run', (count, says) => {
    expect(quorumInWords(ringOf(running(count)))).toEqual(['5 members vote, so a majority (a quorum) is 3.', says]);
  });

  test('two of five are too few, whatever they say of themselves', () => {
    expect(last(ringOf(['leaderless', 'leaderless', 'stopped', 'stopped', 'stopped']))).toMatch(
      /^p1 and p2 run: too few/,
    );
    expect(last(ringOf(['leader', 'follower', 'stopped', 'stopped', 'stopped']))).toContain('p1 still believes');
    expect(last(ringOf(['stopped', 'stopped', 'stopped', 'stopped', 'stopped']))).toBe(
      'None of them runs: nobody answers.',
    );
  });

  test('a majority without a leader is electing one', () => {
    expect(last(ringOf(['leaderless', 'leaderless', 'leaderless', 'stopped', 'stopped']))).toContain('electing');
  });

  test('four members are no safer than three', () => {
    const ring = ringOf(['leader', 'follower', 'follower', 'follower', 'removed']);
    expect(quorumInWords(ring)).toEqual([
      '4 members vote, so a majority (a quorum) is 3.',
      '4 members run: 1 more may fail.',
    ]);
  });

  test('a learner does not count', () => {
    const ring = ringOf(['leader', 'follower', 'follower', 'follower', 'learner']);
    expect(quorumInWords(ring).slice(0, 2)).toEqual([
      '4 members vote, so a majority (a quorum) is 3.',
      '4 members run: 1 more may fail.',
    ]);
    expect(last(ring)).toContain('no vote');
  });

  test('a cut makes sides, and members that can reach each other through others are one', () => {
    const states: MemberState[] = ['leaderless', 'leaderless', 'leader', 'follower', 'follower'];
    const two = ['p1', 'p2'].flatMap((one) => ['p3', 'p4', 'p5'].map((other): [string, string] => [one, other]));
    expect(quorumInWords(ringOf(states, two)).slice(1)).toEqual([
      'p3, p4 and p5 are a majority on this side of the cut: they elect and confirm writes.',
      'p1 and p2 are too few on this side of the cut: they confirm nothing, however well they run.',
    ]);
    expect(quorumInWords(ringOf(running(5), [['p1', 'p2']]))).toHaveLength(2);
  });

  test('a closed playground has no quorum', () => {
    expect(quorumInWords(ringOf(['removed', 'removed', 'removed', 'removed', 'removed']))).toEqual([
      'The playground is closed.',
    ]);
  });
});
