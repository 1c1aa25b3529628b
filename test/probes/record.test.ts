import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dnsFrom, parseTimes } from '../../scripts/probes/dns.ts';
import { tooCostly, type Probe, type Reading, type SampleLine, type SummaryLine } from '../../scripts/probes/probe.ts';
import { apiReadAndNodes, readingOf } from '../../scripts/probes/probes.ts';
import { startRecording, type Stream } from '../../scripts/probes/record.ts';
import { Track } from '../../scripts/probes/track.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';

test('a probe writes a line when something changes, and once a second', () => {
  const lines: SampleLine[] = [];
  const track = new Track('API read', (line) => lines.push(line));
  const ok: Reading = { probe: 'API read', state: 'ok' };
  const states = [ok, ok, { ...ok, state: 'failed' as const, says: 'refused' }, ok];
  for (const [index, reading] of states.entries()) track.take(1_000_000 + index * 100, 2, reading);
  for (let sentAt = 1_000_400; sentAt < 1_001_500; sentAt += 100) track.take(sentAt, 4, ok);
  expect(lines.map(({ at, state, gapMs }) => [Date.parse(at) - 1_000_000, state, gapMs])).toEqual([
    [0, 'ok', 0],
    [200, 'failed', 100],
    [300, 'ok', 100],
    [1300, 'ok', 100],
  ]);
  expect(track.summary()).toMatchObject({ samples: 15, failed: 1 });
  expect(track.summary().p50Ms).toBeCloseTo(4, 1);
});

test("an etcd member's line names its role and term, and its revision makes no line of its own", () => {
  const member = { name: 'e1', answers: true, memberId: 'a', leaderId: 'a', isLeader: true, raftTerm: 4, revision: 9 };
  expect(readingOf(member)).toEqual({ probe: 'etcd e1', state: 'ok', says: 'leads, term 4', revision: 9 });
  expect(readingOf({ name: 'e2', answers: true, leaderId: 'a', raftTerm: 5 })).toMatchObject({ state: 'ok' });
  // It answers, and serves nothing that must be current.
  expect(readingOf({ name: 'e2', answers: true, raftTerm: 5 })).toMatchObject({
    state: 'failed',
    says: 'sees no leader, term 5',
  });
  expect(readingOf({ name: 'e3', answers: false, why: 'refused' })).toMatchObject({ state: 'failed', says: 'refused' });
});

test('of a node nobody can tell while the API server is silent', async () => {
  const layout = createLayout({ name: 'probed', size: 'single' });
  const columnDefinitions = [{ name: 'Name' }, { name: 'Status' }, { name: 'Roles' }];
  const seen = (get: () => Promise<unknown>) =>
    apiReadAndNodes({ layout, kubernetes: { get } } as unknown as Lab).ask();
  const states = async (get: () => Promise<unknown>) => (await seen(get)).map(({ probe, state }) => [probe, state]);
  const list = (status: string) => () => Promise.resolve({ columnDefinitions, rows: [{ cells: ['c1', status, ''] }] });
  for (const [status, state] of [
    ['Ready', 'ok'],
    ['Ready,SchedulingDisabled', 'ok'],
    ['NotReady', 'failed'],
    ['NotReady,SchedulingDisabled', 'failed'],
    ['Unknown', 'failed'],
  ] as const)
    expect(await states(list(status))).toEqual([
      ['API read', 'ok'],
      ['node c1', state],
    ]);
  expect(await states(() => Promise.reject(new Error('refused')))).toEqual([
    ['API read', 'failed'],
    ['node c1', 'unknown'],
  ]);
});

describe('recording', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('what it costs is the thread, and all that its streams have spent', async () => {
    const stream: Stream = (_take, signal, spent) => {
      spent('ssh 1', 0.1);
      spent('ssh 1', 0.3);
      spent('ssh 2', 0.4);
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
    };
    const idle = startRecording([], [], () => undefined);
    const spending = startRecording([], [stream], () => undefined);
    await vi.advanceTimersByTimeAsync(2000);
    const [alone, together] = [await idle.stop(), await spending.stop()];
    expect(together.cores - alone.cores).toBeCloseTo(0.35, 2);
    expect(together.cores).toBeGreaterThan(tooCostly);
  });

  const record = (...probes: Probe[]) => {
    const lines: (SampleLine | SummaryLine)[] = [];
    return { lines, recording: startRecording(probes, [], (line) => lines.push(line)) };
  };

  test('asks ten times a second, until it is stopped; what throws is failed', async () => {
    let asked = 0;
    let ended = 0;
    const two: Probe = { names: ['e1', 'e2'], ask: () => Promise.reject(new Error('silent')) };
    const app: Probe = {
      names: ['app'],
      ask: () => {
        asked += 1;
        return asked <= 10
          ? Promise.resolve([{ probe: 'app', state: 'ok' }])
          : Promise.reject(new Error('gone\nstack'));
      },
      end: () => {
        ended += 1;
        return Promise.resolve();
      },
    };
    const { lines, recording } = record(two, app);
    await vi.advanceTimersByTimeAsync(1950);
    const summary = await recording.stop();
    expect(await recording.stop()).toBe(summary);
    expect([asked, ended]).toEqual([20, 1]);
    expect(summary.probes).toMatchObject([
      { probe: 'e1', samples: 20, failed: 20 },
      { probe: 'e2', samples: 20, failed: 20 },
      { probe: 'app', samples: 20, failed: 10 },
    ]);
    expect(
      lines.find((line) => line.type === 'probe' && line.probe === 'app' && line.state === 'failed'),
    ).toMatchObject({ says: 'gone' });
    expect(lines.at(-1)).toBe(summary);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toBe(20);
  });

  test('a probe that hangs is asked on, but not without end', async () => {
    let open = 0;
    const answers: (() => void)[] = [];
    const hung: Probe = {
      names: ['API write'],
      ask: () => {
        open += 1;
        return new Promise((resolve) => {
          answers.push(() => {
            resolve([]);
          });
        });
      },
    };
    const { recording } = record(hung);
    await vi.advanceTimersByTimeAsync(5000);
    expect(open).toBe(12);
    const stopped = recording.stop();
    for (const answer of answers) answer();
    expect((await stopped).probes).toEqual([]);
  });
});

test('DNS tells when it asked by the clock of this computer, and what its shell and its ssh have spent', async () => {
  const over = new AbortController();
  const spent = new Map<string, number>();
  const readings: Reading[] = [];
  const onHost: Lab['onHost'] = (_command, options) => {
    // Its clock is an hour ahead, and the answer came 300 ms ago.
    const now = (Date.now() + 3_600_000) * 1000;
    const times = ['1m0.500s 0m0.250s', '0m0.000s 0m0.000s', '0m0.100s 0m0.000s'];
    const said = [`pid ${process.pid}`, ...times, `now ${now}`, `ok 1500 ${now - 300_000}`];
    for (const line of said) options?.onLine?.(line);
    over.abort();
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
  };
  const sentAt: number[] = [];
  const take = (at: number, _ms: number, reading: Reading) => {
    sentAt.push(at);
    readings.push(reading);
  };
  const startedAt = Date.now();
  await dnsFrom({ onHost }, 'w1')(take, over.signal, (process, seconds) => spent.set(process, seconds));
  expect(readings[0]).toEqual({ probe: 'DNS from w1', state: 'ok' });
  expect(sentAt[0]).toBeGreaterThanOrEqual(startedAt - 302);
  expect(sentAt[0]).toBeLessThanOrEqual(Date.now() - 301);
  expect(spent.get(`shell of ${process.pid}`)).toBe(60.75);
  // Of this very process: it has spent something, where the system tells.
  if (existsSync('/proc/self/stat')) {
    await vi.waitFor(() => {
      expect(spent.get(`ssh ${process.pid}`)).toBeGreaterThan(0);
    });
  }
  expect(parseTimes('ok 1500 1795982531000000')).toBeUndefined();
});
