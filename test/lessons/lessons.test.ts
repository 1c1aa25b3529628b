import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lintLesson } from '../../scripts/course/lint.ts';
import { findLessons, lessonsFolder } from '../../scripts/course/load.ts';

const lessons = await findLessons();

test('lessons 01 to 03 are there', () => {
  expect(lessons.map(({ number }) => number)).toEqual(expect.arrayContaining([1, 2, 3]));
});

test.each(lessons)('$id is as a lesson should be', async ({ id }) => {
  expect(await lintLesson(join(lessonsFolder(), id))).toEqual([]);
});
