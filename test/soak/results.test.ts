import { describe, expect, it } from 'vitest';
import { leaks } from '../../scripts/soak/leaks.ts';
import type { Proof } from '../../scripts/course/author-check.ts';
import { playInARow } from '../../scripts/soak/in-a-row.ts';
import { endOf, judged, proofsIn } from '../../scripts/soak/lessons.ts';
import { soakOptions } from '../../scripts/soak/options.ts';
import type { Round } from '../../scripts/soak/record.ts';
import { goodInARow, lastRounds, partsOf, summaryLines, withSection } from '../../scripts/soak/results.ts';

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
  const lines = summaryLines([round(true, 5), round(false, 9), round(true, 7)], 10);
  expect(lines[0]).toMatch(/^2 of 3 rounds were good, 10 are wanted .* 7 s in the middle,$/);
  expect(lines.slice(1)).toEqual(['9 s at most.', '', '- round 1, a wreck: late']);
});

describe('a round that is neither good nor bad', () => {
  const unsure = { ...round(false, 100), round: 4, unsure: true as const };

  it('does not count, and breaks no row', () => {
    expect(goodInARow([round(true), unsure, round(true)])).toBe(2);
    expect(goodInARow([round(false), unsure])).toBe(0);
    expect(goodInARow([unsure])).toBe(0);
  });

  it('is told beside those that count, and its time is not', () => {
    const rounds = lastRounds([round(false), round(true, 5), unsure, round(true, 7), unsure], 2);
    expect(rounds).toHaveLength(4);
    const lines = summaryLines(rounds, 2);
    expect(lines[0]).toMatch(/^2 of 2 rounds were good, 2 are wanted/);
    expect(lines[1]).toBe('7 s at most.');
    expect(lines.at(-1)).toBe('- round 4, neither good nor bad, a wreck: late');
    expect(lastRounds([round(true)], 10)).toHaveLength(1);
  });

  it('stops the row, and the next run goes on', async () => {
    const kept = [round(true)];
    const record = {
      rounds: () => Promise.resolve([...kept]),
      add: (one: Round) => Promise.resolve(void kept.push(one)),
    };
    const results: Round[] = [unsure, round(true), round(true)];
    const play = (): Promise<Round> => Promise.resolve(results.shift() ?? round(false));
    const first = await playInARow(record, 3, play);
    expect(first).toHaveLength(2);
    expect(endOf(first, 3)).toBe('unsure');
    expect(endOf(await playInARow(record, 3, play), 3)).toBe('good');
    expect(results).toEqual([]);
  });

  it('is the end of no row whose last round was bad', () => {
    expect(endOf([unsure, round(false)], 3)).toBe('bad');
    expect(endOf([], 3)).toBe('bad');
  });

  const doubted: Partial<Proof> = { outcome: 'unknown', claim: 'its commands reach it', why: 'x', doubt: 'late' };
  const proved: Partial<Proof> = { outcome: 'proved' };
  it.each<[string, Partial<Proof>[], number, Pick<Round, 'ok' | 'unsure'>]>([
    ['all are proved', [proved, proved], 0, { ok: true }],
    ['of one the computer may be the cause', [proved, doubted], 3, { ok: false, unsure: true }],
    ['something else is unknown', [doubted, { outcome: 'unknown' }], 3, { ok: false }],
    ['something is disproved', [doubted, { outcome: 'disproved' }], 1, { ok: false }],
    ['it broke off afterwards', [doubted], 130, { ok: false }],
    ['it said nothing', [], 3, { ok: false }],
    ['it proved all and failed nevertheless', [proved], 3, { ok: false }],
  ])('is told from one that is: %s', (_, proofs, exitCode, { ok, unsure }) => {
    const result = judged(proofs as Proof[], { exitCode, stderr: '' });
    expect([result.ok, result.unsure]).toEqual([ok, unsure]);
  });
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
