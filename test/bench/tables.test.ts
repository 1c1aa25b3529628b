import { expect, it } from 'vitest';
import { loadOf, loadTable } from '../../scripts/bench/app-load.ts';
import { measuringTable } from '../../scripts/bench/measuring.ts';
import { stageTable } from '../../scripts/bench/stage-load.ts';
import { inWords, median } from '../../scripts/bench/statistics.ts';
import { timesTable } from '../../scripts/bench/table.ts';

it.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
  [[], NaN],
])('the median of %j is %d', (numbers, middle) => {
  expect(median(numbers)).toBe(middle);
});

it.each([
  [0.0154, '15 ms'],
  [0.85, '0.85 s'],
  [12.34, '12.3 s'],
])('%d s is written %s', (seconds, words) => {
  expect(inWords(seconds)).toBe(words);
});

it('writes medians beside a bare run, and marks what took too long', () => {
  const measured = [
    { what: 'boot', seconds: [10, 12, 30], atMostSeconds: 20 },
    { what: 'destroy', seconds: [5], atMostSeconds: 4 },
  ];
  expect(timesTable(measured, [2, 2, 2]).slice(2)).toEqual([
    '| a bare `docker run` of the machine image | 2.00 s | 2.00 s to 2.00 s | 3 | 1.00 x |  |',
    '| boot | 12.0 s | 10.0 s to 30.0 s | 3 | 6.00 x | 20.0 s |',
    '| destroy | 5.00 s | 5.00 s to 5.00 s | 1 | 2.50 x | **missed** 4.00 s |',
  ]);
});

it('counts lost requests and marks a p99 that is too high', () => {
  const latencies = { '50th': 300_000, '99th': 25_000_000, max: 90_000_000 };
  const report = { latencies, requests: 80_000, rate: 8000, success: 0.9999, errors: ['503'] };
  const load = loadOf({ name: 'all', atMostMilliseconds: 20 }, report);
  const beside = loadOf({ name: 'beside' }, { ...report, success: 1, errors: [] });
  expect(load.lost).toBe(8);
  expect(loadTable([load, beside]).slice(2)).toEqual([
    '| all | 80000 | 8000 | **missed** 8 | 0.3 ms | **missed** 25.0 ms | 90 ms |',
    '| beside | 80000 | 8000 | 0 | 0.3 ms | 25.0 ms | 90 ms |',
    '',
    '- 503',
  ]);
});

it("writes what the stage's own generator did, and marks what is no proof", () => {
  const summary = {
    ...{ rate: 8000, seconds: 75, requests: 600_000, answered: 599_988, failed: 12, late: 40, unheard: 0 },
    ...{ unhealthySeconds: 0, unknownSeconds: 0, p50Ms: 0.4, p99Ms: 9.2, worstP99Ms: 310, causes: [], pods: {} },
  };
  const row = (more: object, sentShare: number, warnings: string[]) =>
    stageTable({ summary: { ...summary, ...more }, sentShare, warnings }).slice(2);
  expect(row({ failed: 0 }, 0.999, [])).toEqual([
    '| 8,000 | 600,000 | 0 | 40 | 100 % | in 0 s | 0.40 ms | 9.2 ms | 310 ms |',
  ]);
  expect(row({}, 0.96, ['Only 9 of 10 requests were sent', 'Only 8'])).toEqual([
    '| 8,000 | 600,000 | **missed** 12 | 40 | **missed** 96 % | **missed** in 2 s | 0.40 ms | 9.2 ms | 310 ms |',
    '',
    '- Only 9 of 10 requests were sent',
  ]);
});

it('compares what a request costs with what it costs with Node, and marks probes that cost too much', () => {
  const cost = { probes: { seconds: 40, cores: 0.061 }, kept: [0.01, 0.03, 0.008], node: [0.02, 0.02, 0.05] };
  expect(measuringTable(cost).slice(2)).toEqual([
    '| all probes, in 40 s | 6.1 % |  | **missed** 5.0 % |',
    '| 50 requests a second, as the probes send them | 1.0 % | 0.50 x |  |',
    "| the same with Node's own client | 2.0 % | 1 x |  |",
  ]);
});
