import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCuts, writeCuts } from '../../scripts/playground/cuts.ts';
import { createPlace } from '../../scripts/playground/place.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-cuts-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a cut is written for both sides, so that one that restarts is still cut off, and read once', async () => {
  const place = createPlace('firedrill', folder, { subnet: '10.0.4.0/24', firstPort: 8400 });
  await writeCuts(place, [['p1', 'p3']]);
  expect(await readFile(join(folder, 'cuts'), 'utf8')).toBe('p1 10.0.4.13\np3 10.0.4.11\n');
  expect(await readCuts(place)).toEqual([['p1', 'p3']]);
  await writeCuts(place, []);
  expect(await readCuts(place)).toEqual([]);
});
