import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patienceFor, requireLessonSize } from '../../scripts/commands/lesson-lab.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

test('lessons run on a lab of the default size only', () => {
  requireLessonSize(undefined);
  requireLessonSize({ name: 'firedrill', size: 'default' });
  for (const size of ['single', 'ha'] as const)
    expect(() => {
      requireLessonSize({ name: 'firedrill', size });
    }).toThrow(`has the size '${size}'`);
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['four boots, where the boot was slow', JSON.stringify({ seconds: 60.2, at: '2026-01-01' }), 241],
  ['90 s at least', JSON.stringify({ seconds: 15, at: '2026-01-01' }), 90],
  ['90 s where what was kept cannot be read', '{"seconds": "long"', 90],
])('patience is %s', async (_, kept, seconds) => {
  await writeFile(join(folder, 'boot.json'), kept);
  expect(await patienceFor({ folder } as Lab)).toBe(seconds);
});

test('patience is 90 s where nobody saw the lab boot', async () => {
  expect(await patienceFor({ folder: join(folder, 'nowhere') } as Lab)).toBe(90);
});
