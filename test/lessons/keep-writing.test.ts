import { expect, test } from 'vitest';
import { keepWriting, longestGap, type Write } from '../../lessons/keep-writing.ts';

/** Writes that are confirmed at once, but for those that are sent between two moments. */
const exceptBetween = (from: number, to: number) => (): Promise<Write> => {
  const sentAt = Date.now();
  return Promise.resolve({ sentAt, answeredAt: sentAt, ok: sentAt < from || sentAt > to });
};

test('a gap that is not over when the step ends is measured up to the write behind it', async () => {
  const startedAt = Date.now();
  const write = exceptBetween(startedAt + 100, startedAt + 400);
  const writes = await keepWriting(AbortSignal.timeout(250), { everyMilliseconds: 10, write });
  expect(longestGap(writes).seconds).toBeGreaterThanOrEqual(0.3);
  expect(writes.at(-1)?.ok).toBe(true);
});
