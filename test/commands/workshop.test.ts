import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadLessons } from '../../scripts/course/load.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

/** The plans of docs/running-a-workshop.md: what an instructor reads off the clock must be true. */
const page = await readFile(join(checkoutFolder, 'docs/running-a-workshop.md'), 'utf8');
const lessons = await loadLessons();

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The rows of each table whose columns are hours. */
const plans = page
  .split('\n\n')
  .filter((block) => block.startsWith('|') && block.includes('two hours'))
  .map((block) => block.trim().split('\n').map(cellsOf))
  .map(([header = [], , ...rows]) => ({ header, rows }));

const minutesIn = (cell: string): number => (cell === '-' ? 0 : Number(/^(\d+) min/.exec(cell)?.[1]));
const lessonOf = ([what = '']: readonly string[]) => {
  const number = /^(\d\d) /.exec(what)?.[1];
  return number === undefined ? undefined : lessons.find((lesson) => lesson.number === Number(number));
};

test('there are two plans', () => {
  expect(plans.map(({ header }) => header.slice(1))).toEqual([
    ['two hours', 'three hours'],
    ['two hours', 'three hours'],
  ]);
});

test.each([
  ['two hours', 120, 1],
  ['three hours', 180, 2],
])('the parts of %s add up to %i minutes', (_, minutes, column) => {
  const sums = plans.map(({ rows }) => rows.reduce((sum, row) => sum + minutesIn(row[column] ?? ''), 0));
  expect(sums).toEqual([minutes, minutes]);
});

test('the lessons have their own names', () => {
  const named = plans.flatMap(({ rows }) => rows.filter(([what = '']) => /^\d/.test(what)));
  expect(named.map(([what]) => what?.replace(/^\d\d /, ''))).toEqual(named.map((row) => lessonOf(row)?.title));
});

test('less time than a lesson takes comes with what is left out', () => {
  const short = plans.flatMap(({ rows }) =>
    rows.flatMap((row) =>
      row.slice(1).filter((cell) => {
        const needed = lessonOf(row)?.definition.minutes ?? 0;
        return cell !== '-' && minutesIn(cell) < needed && /^\d+ min$/.test(cell);
      }),
    ),
  );
  expect(short).toEqual([]);
});

test('a step that is named is one of its lesson', () => {
  const named = plans.flatMap(({ rows }) =>
    rows.flatMap((row) =>
      [...row.join(' ').matchAll(/"([^"]+)"/g)].map(([, heading]) => ({ lesson: lessonOf(row), heading })),
    ),
  );
  expect(named.length).toBeGreaterThan(4);
  for (const { lesson, heading } of named) expect(lesson?.pages.map((step) => step.heading)).toContain(heading);
});

test('every lesson has its place', () => {
  const part = page.slice(page.indexOf('## What to take'), page.indexOf('## A week before'));
  const missing = lessons.map(({ id }) => id.slice(0, 2)).filter((number) => !new RegExp(`\\b${number}\\b`).test(part));
  expect(missing).toEqual([]);
});
