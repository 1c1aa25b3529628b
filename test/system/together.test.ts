import { expect, test } from 'vitest';
import { Interrupted } from '../../scripts/system/errors.ts';
import { together } from '../../scripts/system/together.ts';

/** Work that ends only when it is told to, and then takes its time. */
const untilToldTo = (ended: string[], name: string) => (signal: AbortSignal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      setTimeout(() => {
        ended.push(name);
        reject(signal.reason as Error);
      }, 20);
    });
  });

test('ends when all have ended', async () => {
  const ended: number[] = [];
  const work = (number: number) => () => Promise.resolve().then(() => ended.push(number));
  await together([work(1), work(2)]);
  expect(ended).toEqual([1, 2]);
});

test('where one fails the others are told to stop, and waited for; its reason is the one that counts', async () => {
  const ended: string[] = [];
  const fails = () => Promise.reject(new Error('no engine'));
  await expect(together([untilToldTo(ended, 'one'), fails, untilToldTo(ended, 'two')])).rejects.toThrow('no engine');
  expect(ended.toSorted()).toEqual(['one', 'two']);
});

test('an interruption reaches all', async () => {
  const ended: string[] = [];
  const interrupt = new AbortController();
  const working = together([untilToldTo(ended, 'one'), untilToldTo(ended, 'two')], interrupt.signal);
  interrupt.abort(new Interrupted());
  await expect(working).rejects.toBeInstanceOf(Interrupted);
  expect(ended).toHaveLength(2);
});
