import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tooCostly } from '../../scripts/probes/probe.ts';
import { drillsIn, isSample, isSummary, parseLines, stretchesOf } from '../../scripts/probes/timeline.ts';
import { ok, startLab } from '../support/test-lab.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-report-'));
  await startLab();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('the report of lesson 9 tells what its probes saw: often enough, cheaply, and the outage', async () => {
  await ok('start', '9', '--auto', '--yes');
  const reported = await ok('report', '9', '--json', '--out', join(folder, 'nine.md'));
  const paths = JSON.parse(reported) as { report: string; picture: string; timeline: string };
  const timeline = parseLines(await readFile(paths.timeline, 'utf8'));

  const summaries = timeline.filter(isSummary);
  expect(summaries).toHaveLength(3);
  for (const { probes, cores } of summaries) {
    expect(probes.map(({ probe }) => probe)).toEqual(
      expect.arrayContaining(['API read', 'API write', 'etcd e1', 'app through w1', 'node w1', 'DNS from w1']),
    );
    expect(cores, 'share of one core').toBeGreaterThan(0);
  }
  // Ten times a second. What a sample waits for on a busy computer shows in the gap before it, so the middle one counts.
  const gaps = Map.groupBy(timeline.filter(isSample), ({ probe }) => probe);
  expect(gaps.size).toBeGreaterThanOrEqual(9);
  for (const [probe, samples] of gaps) {
    const [middle = Infinity] = samples
      .map(({ gapMs }) => gapMs)
      .sort((one, other) => one - other)
      .slice(samples.length / 2);
    expect(middle, `milliseconds between two samples of ${probe}`).toBeLessThan(150);
  }

  const [killed] = drillsIn(timeline);
  expect(killed?.step).toBe('The API server is killed');
  for (const probe of ['API read', 'API write']) {
    const states =
      stretchesOf(killed!)
        .get(probe)
        ?.map(({ state }) => state) ?? [];
    expect(states, probe).toContain('failed');
    expect(states.at(-1), probe).toBe('ok');
  }
  const report = await readFile(paths.report, 'utf8');
  const costly = summaries.some(({ cores }) => cores > tooCostly);
  expect(report.includes('may have changed what was measured'), 'it says so where measuring cost too much').toBe(
    costly,
  );
  expect(report).toMatch(/^\| API write \| \+?-?[\d.]+ s \| [\d.]+ s ± [\d.]+/m);
  expect(report).toContain('nine.svg');
  expect(await readFile(paths.picture, 'utf8')).toContain('>fault on</text>');
});

it('a rehearsal of lesson 9 goes to its end, and shows what the commands really say', async () => {
  const shown = await ok('present', '9', '--auto', '--yes');
  expect(shown).toContain('✔ Somebody else is not at work');
  // What the kubelet's folder and the API server tell of the same three parts.
  expect(shown).toMatch(/^-rw.* kube-apiserver\.ya?ml$/m);
  expect(shown).toMatch(/^kube-apiserver-c1\s+1\/1\s/m);
  expect(shown).toContain('Lesson 9 is done');
});
