import { expect, test } from 'vitest';
import { isWhole } from '../../lessons/05-play-with-etcd/ring-checks.ts';
import { ringOf } from '../playground/rings.ts';

const whole = ringOf(['leader', 'follower', 'follower', 'follower', 'follower']);

test('a ring is whole when all vote, one leads, all follow and nothing is cut', () => {
  expect(isWhole(whole, 5)).toBe(true);
  expect(isWhole(whole, 4)).toBe(false);
  expect(isWhole({ ...whole, cuts: [['p1', 'p2']] }, 5)).toBe(false);
  expect(isWhole(ringOf(['leader', 'follower', 'follower', 'follower', 'leaderless']), 5)).toBe(false);
  expect(isWhole(ringOf(['follower', 'follower', 'follower', 'follower', 'follower']), 5)).toBe(false);
  expect(isWhole(ringOf(['leader', 'follower', 'follower', 'follower', 'removed']), 4)).toBe(true);
});

test('two terms at once are an election that is not over', () => {
  const [first, ...others] = whole.members;
  expect(isWhole({ ...whole, members: [{ ...first!, term: 3 }, ...others] }, 5)).toBe(false);
});
