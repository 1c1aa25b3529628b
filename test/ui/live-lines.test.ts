import { expect, it } from 'vitest';
import { liveLines } from '../../scripts/ui/task-keys.ts';

const look = { colour: false, accessible: false, columns: 60 };
const claim = 'Waiting: the ConfigMap answer-route says where w1 hands on a packet for 10.2.202.77';
const none = 'Last seen: there is no ConfigMap answer-route in the namespace default';

it('shows what is awaited as a whole, where two lines are enough', () => {
  expect(liveLines([claim, none], undefined, look)).toEqual([
    'Waiting: the ConfigMap answer-route says where w1 hands',
    '  on a packet for 10.2.202.77',
    '  Last seen: there is no ConfigMap answer-route in the',
    '  namespace default',
  ]);
});

it('takes no more than two lines for each, and no line is too long', () => {
  const lines = liveLines([`Last seen: ${'word '.repeat(60)}`, `Last seen: ${'x'.repeat(200)}`], undefined, look);
  expect(lines.length).toBeLessThanOrEqual(4);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(look.columns - 1);
  expect(lines[1]).toMatch(/…$/);
});
