import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  describeProgress,
  progressInOneLine,
  secondsLeftFrom,
  tellTimeLeft,
  type Progress,
} from '../../scripts/bundle/progress.ts';
import { progressPrinter } from '../../scripts/commands/bundle.ts';

const working = (more: Partial<Progress> = {}): Progress => ({
  component: 'kubernetes',
  state: 'working',
  seconds: 1,
  ...more,
});

test('the time left comes from the share that is done, once that says something', () => {
  expect(secondsLeftFrom(0.25, 10)).toBe(30);
  expect(secondsLeftFrom(1, 10)).toBe(0);
  expect(secondsLeftFrom(1.2, 10)).toBe(0);
  expect(secondsLeftFrom(0.019, 10)).toBeUndefined();
  expect(secondsLeftFrom(0.5, 0.4)).toBeUndefined();
});

describe('of the usual time', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test('what is left is told until it took longer, or has ended', () => {
    const told: (number | undefined)[] = [];
    const end = tellTimeLeft(5, (seconds) => told.push(seconds));
    vi.advanceTimersByTime(6000);
    end();
    vi.advanceTimersByTime(6000);
    expect(told).toEqual([3, undefined, undefined]);
  });
});

test('one component in words', () => {
  expect(describeProgress(working())).toBe('kubernetes: working');
  expect(describeProgress(working({ source: 'Go modules', secondsLeft: 300 }))).toBe(
    'kubernetes: about 5 min left, from Go modules',
  );
  expect(describeProgress(working({ secondsLeft: 89.4 }))).toBe('kubernetes: about 89 s left');
  expect(describeProgress(working({ state: 'done', source: 'cache' }))).toBe('kubernetes: done, from cache');
  expect(describeProgress(working({ source: 'mirror', note: 'HTTP 404' }))).toBe('kubernetes: mirror: HTTP 404');
});

test('all in one line: what moved last is first, what is done or was a note is not kept', () => {
  const inOneLine = progressInOneLine();
  const image = { component: 'machine image' };
  expect(inOneLine(working(image))).toBe('machine image: working');
  expect(inOneLine(working({ source: 'cache' }))).toBe('kubernetes: from cache; machine image: working');
  expect(inOneLine(working({ component: 'bundle', note: 'is no bundle' }))).toBe(
    'bundle: is no bundle; kubernetes: from cache; machine image: working',
  );
  expect(inOneLine(working({ ...image, secondsLeft: 30 }))).toBe(
    'machine image: about 30 s left; kubernetes: from cache',
  );
  expect(inOneLine(working({ state: 'done', source: 'cache' }))).toBe(
    'kubernetes: done, from cache; machine image: about 30 s left',
  );
  expect(inOneLine(working({ component: 'images' }))).toBe('images: working; machine image: about 30 s left');
});

test('in lines: one for a change, and one a while', () => {
  const lines: string[] = [];
  const print = progressPrinter((line) => lines.push(line));
  print(working({ state: 'waiting', seconds: 0 }));
  print(working({ source: 'mirror', seconds: 0 }));
  print(working({ source: 'mirror', seconds: 5, secondsLeft: 40 }));
  print(working({ source: 'mirror', seconds: 11, secondsLeft: 34 }));
  print(working({ source: 'mirror', seconds: 12, note: 'HTTP 404' }));
  print(working({ source: 'Go modules', seconds: 12, secondsLeft: 345 }));
  print(working({ state: 'done', source: 'Go modules', seconds: 350.2 }));
  expect(lines).toEqual([
    'kubernetes: from mirror',
    'kubernetes: about 34 s left, from mirror',
    'kubernetes: mirror: HTTP 404',
    'kubernetes: about 6 min left, from Go modules',
    'kubernetes: done, from Go modules (350 s)',
  ]);
});
