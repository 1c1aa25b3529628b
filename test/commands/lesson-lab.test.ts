import { expect, test } from 'vitest';
import { requireLessonSize } from '../../scripts/commands/lesson-lab.ts';

test('lessons run on a lab of the default size only', () => {
  requireLessonSize(undefined);
  requireLessonSize({ name: 'firedrill', size: 'default' });
  for (const size of ['single', 'ha'] as const)
    expect(() => {
      requireLessonSize({ name: 'firedrill', size });
    }).toThrow(`has the size '${size}'`);
});
