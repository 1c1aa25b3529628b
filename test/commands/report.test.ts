import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeReport } from '../../scripts/commands/report.ts';
import { writeStageReport } from '../../scripts/commands/stage-report.ts';
import { parseLines } from '../../scripts/probes/timeline.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  await mkdir(join(folder, 'events'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const midnight = Date.UTC(2026, 0, 2);
const at = (seconds: number): string => new Date(midnight + seconds * 1000).toISOString();
const line = (seconds: number, type: string, more: object = {}) => ({ at: at(seconds), type, ...more });
const begun = (run: string, seconds: number) => line(seconds, 'stage-started', { run, lab: 'mine', rate: 300 });
const second = (run: string, seconds: number, failed = 0) =>
  line(seconds, 'stage-second', {
    run,
    due: 300,
    answered: 300 - failed,
    failed,
    failures: failed === 0 ? [] : [{ door: 'w2', how: 'refused', count: failed, lastAt: midnight + seconds * 1000 }],
    p99Ms: 2,
    healthy: failed === 0,
  });
const off = (run: string, seconds: number) =>
  line(seconds, 'stage-event', { run, id: 1, kind: 'machine-off', machine: 'w2', says: `w2 is off in ${run}` });
const keep = (name: string, lines: readonly object[]): Promise<void> =>
  writeFile(join(folder, 'events', name), lines.map((one) => `${JSON.stringify(one)}\n`).join(''));

test('a report of a lesson draws the load of its lab and its time, from the file of the day before too', async () => {
  await keep('2026-01-02-13-x.jsonl', [line(10, 'lesson-started'), line(60, 'lesson-finished')]);
  await keep('2026-01-01-stage-mine.jsonl', [
    begun('a', -30),
    second('a', 9, 50),
    off('a', 20),
    second('a', 20, 7),
    second('a', 21),
    second('a', 61, 50),
  ]);
  await keep('2026-01-02-stage-other.jsonl', [begun('b', 5), off('b', 20), second('b', 20, 90)]);
  const { report, picture } = await writeReport({ id: '13-x', title: 'Thirteen' }, undefined, folder, 'mine');
  const text = await readFile(report, 'utf8');
  expect(text).toContain('under load for 2 s: 600 requests, 593 answered, 7 failed');
  expect(text).toContain('| 7 | w2 is off in a | 00:00:20 |');
  expect(text).not.toContain('in b');
  expect(await readFile(picture, 'utf8')).toContain('<title>7 failed</title>');
});

test('a stage without a lesson has a report too: of the run that was started last and saw a request', async () => {
  await keep('2026-01-01-stage-mine.jsonl', [begun('old', -30), second('old', -20, 50)]);
  await keep('2026-01-02-stage-mine.jsonl', [
    begun('early', 1),
    second('early', 2, 50),
    begun('late', 10),
    off('late', 20),
    second('late', 20, 7),
    begun('empty', 40),
  ]);
  const { report, picture, timeline } = await writeStageReport(undefined, folder, 'mine');
  expect(report).toBe(join(folder, 'reports', '2026-01-02-stage-mine.md'));
  const text = await readFile(report, 'utf8');
  expect(text).toContain(`From ${at(10)} to ${at(20)} (UTC).`);
  expect(text).toContain('under load for 1 s: 300 requests, 293 answered, 7 failed');
  expect(text).toContain('| 7 | w2 is off in late | 00:00:20 |');
  expect(text).toContain('| 00:00:20 | w2 is off in late |');
  expect(text).toContain('(2026-01-02-stage-mine.svg)');
  expect(await readFile(picture, 'utf8')).toContain('<title>7 failed</title>');
  expect(parseLines(await readFile(timeline, 'utf8')).map((one) => one['run'])).toEqual(['late', 'late', 'late']);
});

test('where the stage was never on, it says so', async () => {
  await keep('2026-01-02-stage-mine.jsonl', [begun('empty', 1)]);
  await expect(writeStageReport(undefined, folder, 'mine')).rejects.toMatchObject({ code: 'no-run' });
});
