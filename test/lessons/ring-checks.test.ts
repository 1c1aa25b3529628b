import { expect, test } from 'vitest';
import { isWhole, judgeLeaving, judgeLoss, judgeQuorum } from '../../lessons/05-play-with-etcd/ring-checks.ts';
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

test('a leader is lost when one is stopped and another leads in a later term', () => {
  const lost = ringOf(['stopped', 'leader', 'follower', 'follower', 'follower'], [], { term: 3 });
  expect(judgeLoss(lost, 2).kind).toBe('met');
  expect(judgeLoss(whole, 1)).toMatchObject({ kind: 'unmet', saw: expect.stringContaining('p1 leader') as string });
  expect(judgeLoss(ringOf(['stopped', 'leaderless', 'leaderless', 'follower', 'follower']), 2).kind).toBe('unmet');
  // Nobody noted the term, as when the step is only done again for a later one.
  expect(judgeLoss(lost, undefined).kind).toBe('met');
});

test('the member that was to leave has left, and no other one', () => {
  const judge = (...states: Parameters<typeof ringOf>[0]) => judgeLeaving(ringOf(states), 'p5', 4, 'p5 is gone');
  expect(judge('leader', 'follower', 'follower', 'follower', 'removed').kind).toBe('met');
  expect(judge('leader', 'follower', 'follower', 'follower', 'follower').kind).toBe('unmet');
  expect(judge('leader', 'follower', 'removed', 'follower', 'follower')).toMatchObject({
    kind: 'unmet',
    hint: expect.stringContaining('playground add p3') as string,
  });
});

test('whoever stops a follower is told so', () => {
  const wrong = ringOf(['leader', 'follower', 'stopped', 'follower', 'follower']);
  expect(judgeLoss(wrong, 2)).toEqual({
    kind: 'unmet',
    saw: 'p3 is stopped, and it did not lead: p1 leads on in term 2',
    wanted: 'the member that led is stopped, and another one leads',
    hint: expect.stringContaining('playground start') as string,
  });
  const both = ringOf(['leader', 'stopped', 'stopped', 'follower', 'follower']);
  expect(judgeLoss(both, 2)).toMatchObject({
    saw: expect.stringMatching(/^p2 and p3 are stopped, and they/) as string,
  });
});

test('the quorum is gone when those that are left know it', () => {
  expect(judgeQuorum(ringOf(['stopped', 'stopped', 'stopped', 'leaderless', 'leaderless'])).kind).toBe('met');
  expect(judgeQuorum(ringOf(['stopped', 'stopped', 'stopped', 'follower', 'leaderless'])).kind).toBe('unmet');
  expect(judgeQuorum(ringOf(['stopped', 'stopped', 'leader', 'follower', 'follower'])).kind).toBe('unmet');
  expect(judgeQuorum(ringOf(['stopped', 'stopped', 'stopped', 'stopped', 'stopped'])).kind).toBe('unmet');
});
