import { expect, test } from 'vitest';
import { inotifyInstances, leastInotifyLimit } from '../../scripts/lab/inotify.ts';
import { createLayout } from '../../scripts/lab/layout.ts';

test('a lab of the default size fits into what most systems allow, one of size ha hardly', () => {
  const countFor = (size: 'default' | 'ha') => inotifyInstances(createLayout({ name: 'lab', size }).machines);
  expect(countFor('default')).toBeLessThan(128 / 1.5);
  expect(countFor('ha')).toBeGreaterThan(128 / 1.5);
  expect(countFor('ha')).toBeLessThan(leastInotifyLimit);
});
