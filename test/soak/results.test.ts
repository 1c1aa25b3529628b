import { expect, it } from 'vitest';
import { leaks } from '../../scripts/soak/leaks.ts';
import { proofsIn } from '../../scripts/soak/lessons.ts';
import { soakOptions } from '../../scripts/soak/options.ts';
import { goodInARow, partsOf, summaryLines, withSection } from '../../scripts/soak/results.ts';

const round = (ok: boolean, seconds = 1) => ({
  round: 1,
  ok,
  what: 'a wreck',
  seconds,
  ...(ok ? {} : { why: 'late\nmore' }),
});

it.each([
  [[], 0],
  [[true, true], 2],
  [[true, false, true], 1],
  [[true, false], 0],
])('%j: so many good rounds in a row', (rounds, count) => {
  expect(goodInARow(rounds.map((ok) => round(ok)))).toBe(count);
});

it('says how many were good, how long, and why others were not', () => {
  const lines = summaryLines([round(true, 5), round(false, 9), round(true, 7)], 3);
  expect(lines[0]).toMatch(/^2 of 3 rounds were good .* 7 s in the middle,$/);
  expect(lines.slice(1)).toEqual(['9 s at most.', '', '- round 1, a wreck: late']);
});

it('replaces its own section of the page, and no other', () => {
  const once = withSection(withSection('# Soak\n', 'faults', ['of faults']), 'resets', ['old']);
  const twice = withSection(once, 'resets', ['new']);
  expect(twice).toContain('of faults');
  expect(twice).toContain('new');
  expect(twice).not.toContain('old');
  expect(twice.match(/^## /gm)).toHaveLength(2);
});

it("takes a section apart by its headings, and no other section's", () => {
  const lessons = ['### Lesson 1: 10 in a row', '', 'well', '', '### Lesson 10: 3 in a row', '', 'less well'];
  const page = withSection(withSection('# Soak\n', 'lessons', lessons), 'faults', ['### Not a lesson', '', 'a fault']);
  expect(partsOf(page, 'lessons')).toEqual([
    '### Lesson 1: 10 in a row\n\nwell',
    '### Lesson 10: 3 in a row\n\nless well',
  ]);
  expect(partsOf('# Soak\n', 'lessons')).toEqual([]);
});

it('tells a leak from what may differ', () => {
  const before = { containers: 6, 'w1 mounts': 40, 'w1 rules': 0, 'e1 disk MB': 200 };
  expect(leaks(before, { containers: 6, 'w1 mounts': 44, 'w1 rules': 0, 'e1 disk MB': 330 })).toEqual([]);
  expect(leaks(before, { containers: 7, 'w1 mounts': 60, 'w1 rules': 1, 'e1 disk MB': 900 })).toEqual([
    'containers: 7, was 6',
    'w1 mounts: 60, was 40',
    'w1 rules: 1, was 0',
    'e1 disk MB: 900, was 200',
  ]);
});

it('reads the proofs among other lines', () => {
  const output = 'talk\n{"claim":"its baseline holds","outcome":"disproved","why":"no app"}\n{"type":"note"}\n';
  expect(proofsIn(output)).toMatchObject([{ outcome: 'disproved', why: 'no app' }]);
});

it('takes whole numbers only', () => {
  expect(soakOptions(['--rounds', '3', '--only', '4'], 10)).toMatchObject({ rounds: 3, only: 4, write: false });
  expect(() => soakOptions(['--rounds', 'many'], 10)).toThrow('--rounds takes a whole number');
});
