import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { attackArguments, Generator, type GeneratorOptions } from '../../scripts/stage/load/generator.ts';
import { failureOf } from '../../scripts/stage/load/outcome.ts';
import { ResultReader, type Result } from '../../scripts/stage/load/results.ts';
import { failedIn, isHealthy, lateSeconds, type Second } from '../../scripts/stage/load/second.ts';
import { Succession } from '../../scripts/stage/load/succession.ts';
import { Tally } from '../../scripts/stage/load/tally.ts';
import { machineOfUrl, visitorsAt } from '../../scripts/stage/load/visitors.ts';

const doors = [
  { machine: 'w1', address: '10.0.3.201:30080' },
  { machine: 'w2', address: '10.0.3.202:30080' },
];

describe('results of the generator', () => {
  // What `vegeta attack -rate=10 -duration=1s` of 12.13.0 wrote: w1 answers, at w2 nobody listens.
  const file = join(import.meta.dirname, 'results.gob');
  const readIn = (bytes: Buffer, size: number): Result[] => {
    const results: Result[] = [];
    const reader = new ResultReader((result) => results.push(result));
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    return results;
  };

  test.each([1, 7, 100_000])('are read in pieces of %i bytes', async (size) => {
    const results = readIn(await readFile(file), size);
    expect(results.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(results.at(0)).toMatchObject({ code: 200, url: 'http://w1-s0/', error: '' });
    expect(results.at(0)?.pod).toMatch(/^guestbook-7c9d8f6b5-ab.de$/);
    expect(results.at(9)).toMatchObject({ code: 0, url: 'http://w2-s1/', pod: '' });
    expect(results.at(9)?.error).toContain('connect: connection refused');
    const gaps = results.slice(1).map(({ sentAt }, index) => sentAt - (results[index]?.sentAt ?? 0));
    for (const gap of gaps) expect(gap).toBeCloseTo(100, -1);
    expect(new Date(results.at(0)?.sentAt ?? 0).getUTCFullYear()).toBe(2026);
  });

  test('of another shape are not guessed', async () => {
    const other = Buffer.from((await readFile(file)).toString('latin1').replace('Latency', 'Elapsed'), 'latin1');
    expect(() => readIn(other, 4096)).toThrow(expect.objectContaining({ code: 'results-changed' }));
  });
});

test.each([
  [200, '', 4000, undefined],
  [204, '', 1, undefined],
  [200, '', 5001, 'unanswered'],
  [302, '', 1, 'HTTP 302'],
  [503, '503 Service Unavailable', 1, 'HTTP 503'],
  [0, 'dial tcp 0.0.0.0:0->10.0.3.202:30080: connect: connection refused', 1, 'refused'],
  [0, 'dial tcp 0.0.0.0:0->10.0.3.202:30080: connect: no route to host', 3000, 'unreachable'],
  [0, 'read tcp 10.0.3.1:4242->10.0.3.202:30080: read: connection reset by peer', 1, 'reset'],
  [0, 'Get "http://w1-once-1/": EOF', 1, 'reset'],
  [0, 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)', 5000, 'unanswered'],
  [0, 'dial tcp 0.0.0.0:0->10.0.3.202:30080: socket: too many open files', 1, 'unsent'],
  [0, 'connect: cannot assign requested address', 1, 'unsent'],
  [0, 'something new', 1, 'other'],
])('status %i with "%s" after %i ms is %s', (code, error, waitedMs, failure) => {
  expect(failureOf({ code, error }, waitedMs)).toBe(failure);
});

describe('visitors', () => {
  const { targets, connectTo, connectionsEach } = visitorsAt(doors, 300);
  const lines = targets.split('\n').filter((line) => line.startsWith('GET'));
  const names = lines.map((line) => line.slice('GET http://'.length, -1));

  test('come through all doors alike, over many connections', () => {
    const through = (machine: string) => names.filter((name) => name.startsWith(`${machine}-`)).length;
    expect(Math.abs(through('w1') - through('w2')) / names.length).toBeLessThan(0.01);
    expect(new Set(names).size).toBe(96);
    expect(connectTo).toHaveLength(96);
    expect(connectTo).toContain('w2-stay-3:80:10.0.3.202:30080');
    expect(connectionsEach * 96).toBeLessThanOrEqual(2400);
    expect(machineOfUrl('http://w2-stay-3/')).toBe('w2');
  });

  test('are short-lived in part: one request in twenty has a connection of its own', () => {
    const once = names.filter((name) => name.includes('-once-')).length;
    expect(once / names.length).toBeCloseTo(0.05, 3);
    // Each of them closes it, and each `visit` once in the list; those who stay never do.
    const closing = targets
      .split('\n')
      .flatMap((line, index, all) => (line.startsWith('Conn') ? [all[index - 1]] : []));
    expect(closing).toHaveLength(once + 32);
    expect(closing.filter((line) => line?.includes('-stay-'))).toEqual([]);
  });

  test('no more of them than a hundred a second, or this computer would run out of ports', () => {
    const crowd = visitorsAt(doors, 8000)
      .targets.split('\n')
      .filter((line) => line.startsWith('GET'));
    const share = crowd.filter((line) => line.includes('-once-')).length / crowd.length;
    expect(share * 8000).toBeCloseTo(100, -1);
  });

  test('a request waits 5 s for its answer, and for no other request', () => {
    const args = attackArguments(8000, visitorsAt(doors, 8000));
    expect(args).toEqual(expect.arrayContaining(['-rate=8000/s', '-timeout=5s', '-max-workers=48100', '-dns-ttl=-1']));
  });
});

/** A result of a request that was due `dueMs` after the generator began, at 1,000 requests a second. */
const request = (dueMs: number, more: Partial<Result> & { lateMs?: number } = {}): Result => {
  const { lateMs = 0, ...rest } = more;
  const ok = { code: 200, tookMs: 2, error: '', url: 'http://w1-stay-0/', pod: 'a' };
  return { ...ok, seq: dueMs - 1, sentAt: 1_000_000 + dueMs + lateMs, ...rest };
};

describe('the tally', () => {
  const tallyOf = (results: readonly Result[]): Tally => {
    const tally = new Tally();
    const schedule = tally.begin(1000, 1_000_000);
    for (const result of results) tally.take(result, schedule);
    return tally;
  };
  const upTo = (ms: number, result: (dueMs: number) => Result = request): Result[] =>
    Array.from({ length: ms }, (_, index) => result(index + 1));

  test('counts a request in the second in which it was due, not in which it left', () => {
    // From 0.5 s on, the generator stood still for a second, and sent everything at once then.
    const late = (due: number) => request(due, due > 500 && due <= 1500 ? { lateMs: 1500 - due } : {});
    const [first, second] = tallyOf(upTo(1999, late)).read(1_002_000);
    expect([first?.due, second?.due]).toEqual([1000, 1000]);
    expect([first?.late, first?.leftLate]).toEqual([499, 499]);
    // The wait for the generator is part of the wait for the answer.
    expect(first?.p99Ms).toBeGreaterThan(900);
    expect([first, second].map((one) => isHealthy(one!))).toEqual([undefined, undefined]);
  });

  test('healthy is 99 of 100 in a second; what is answered later than that is not', () => {
    const slow = (share: number) => tallyOf(upTo(999, (due) => request(due, { tookMs: due % 100 < share ? 1200 : 2 })));
    expect(isHealthy(slow(1).read(1_003_000)[0]!)).toBe(true);
    expect(isHealthy(slow(2).read(1_003_000)[0]!)).toBe(false);
    expect(isHealthy({ due: 0, inTime: 0, late: 0 })).toBeUndefined();
  });

  test('failures by door and kind, answers by pod; latencies are of answers only', () => {
    const [second] = tallyOf([
      request(10),
      request(11, { pod: 'b', tookMs: 4 }),
      request(12, { code: 503 }),
      request(13, { code: 0, error: 'connection refused', url: 'http://w2-once-1/', tookMs: 0.1 }),
      request(14, { code: 0, error: 'connection refused', url: 'http://w2-once-2/', tookMs: 30 }),
    ]).close();
    expect(second?.pods).toEqual({ a: 1, b: 1 });
    expect(second?.failures).toEqual([
      { door: 'w1', how: 'HTTP 503', count: 1, lastAt: 1_000_014 },
      { door: 'w2', how: 'refused', count: 2, lastAt: 1_000_044 },
    ]);
    expect([failedIn(second!), second?.answered]).toEqual([3, 2]);
    expect(second?.p50Ms).toBeCloseTo(2, 1);
  });

  test('what this computer could not send is no failure of the app, and the fault of the generator', () => {
    const error = 'connect: cannot assign requested address';
    const [second] = tallyOf(upTo(999, (due) => request(due, due % 50 === 0 ? { code: 0, error } : {}))).close();
    expect(second).toMatchObject({ due: 999, answered: 980, late: 19, leftLate: 19, failures: [] });
    expect(isHealthy(second!)).toBeUndefined();
  });

  test('silence is a second too, and what was never sent is the fault of the generator', () => {
    const tally = tallyOf(upTo(999));
    const silent = tally.read(1_002_000)[1];
    expect(silent).toMatchObject({ at: 1_001_000, due: 1000, answered: 0, late: 0, final: false });
    expect(isHealthy(silent!)).toBe(false);
    const final = tally.read(1_010_000).find(({ at }) => at === 1_001_000);
    expect(final).toMatchObject({ due: 1000, late: 1000, final: true });
    expect(isHealthy(final!)).toBeUndefined();
    // An app that does not answer looks the same: nobody knows that they left late.
    expect(final).not.toHaveProperty('leftLate');
  });

  test('each second is final once, and nothing that comes later is lost', () => {
    const tally = tallyOf(upTo(999));
    expect(tally.read(1_008_999).at(0)?.final).toBe(false);
    expect(tally.read(1_009_000).at(0)).toMatchObject({ at: 1_000_000, final: true, due: 999 });
    const schedule = tally.begin(1000, 1_000_000);
    tally.take(request(500, { tookMs: 9000 }), schedule);
    const after = tally.close();
    expect(after.map(({ at }) => at)).not.toContain(1_000_000);
    expect(after.reduce((sum, second) => sum + failedIn(second), 0)).toBe(1);
  });
});

test('what was under way when generators were killed is neither late nor failed, and hides nothing', () => {
  const closed = (cutShort: boolean): Second | undefined => {
    const tally = new Tally();
    const schedule = tally.begin(1000, 1_000_000);
    for (let due = 1; due <= 500; due += 1) tally.take(request(due), schedule);
    schedule.end(1_001_000);
    return tally.close(cutShort)[0];
  };
  expect(closed(true)).toMatchObject({ due: 500, answered: 500, late: 0, unheard: 500, failures: [] });
  expect(isHealthy(closed(true)!)).toBeUndefined();
  expect(closed(false)).toMatchObject({ due: 1000, late: 500 });
  expect(closed(false)).not.toHaveProperty('unheard');
});

describe('the seconds of a generator that was late', () => {
  const seconds = (leftLate: Record<number, number>, due = 300) =>
    Array.from({ length: 30 }, (_, index) => {
      const late = leftLate[index] ?? 0;
      return { at: index * 1000, due, late, ...(late === 0 ? {} : { leftLate: late }) } as Second;
    });
  const lateIn = (all: readonly Second[]) => lateSeconds(all).map(({ second }) => second.at / 1000);

  test('are those behind more than one late request of 100 in ten seconds, and no earlier ones', () => {
    expect(lateIn(seconds({ 12: 30 }))).toEqual([]);
    expect(lateIn(seconds({ 12: 31 }))).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
    expect(lateIn(seconds({ 5: 16, 14: 15 }))).toEqual([14]);
    expect(lateIn(seconds({ 5: 16, 15: 15 }))).toEqual([]);
    expect(lateSeconds(seconds({ 12: 60 }))[0]?.share).toBeCloseTo(0.02, 5);
  });

  test('are none where requests were only not heard of in time, or none was due', () => {
    expect(lateIn(seconds({}).map((one) => ({ ...one, late: 300 })))).toEqual([]);
    expect(lateIn(seconds({}, 0))).toEqual([]);
  });
});

describe('the succession of generators', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function succession({ stubborn = false } = {}) {
    const log: string[] = [];
    const started: { options: GeneratorOptions; end: (says: string) => void }[] = [];
    const one = new Succession({
      program: 'vegeta',
      rate: 100,
      tally: new Tally(),
      onTrouble: (says) => log.push(`trouble ${says}`),
      start: (options) => {
        const number = started.length + 1;
        const { promise, resolve } = Promise.withResolvers<{ says: string }>();
        started.push({
          options,
          end: (says) => {
            resolve({ says });
          },
        });
        log.push(`start ${number}`);
        const end = (how: string) => () => {
          log.push(`${how} ${number}`);
          if (how === 'kill' || !stubborn) resolve({ says: how });
        };
        return { ended: promise, stop: end('stop'), kill: end('kill') };
      },
    });
    return { one, log, started };
  }

  test('the old one goes when the new one has answers, or is taken to run', async () => {
    const { one, log, started } = succession();
    one.setDoors(doors);
    one.setDoors(doors.slice(0, 1));
    expect(log).toEqual(['start 1', 'start 2']);
    expect(started[1]?.options.visitors.targets).not.toContain('w2');
    started[1]?.options.onResult(request(1));
    expect(log).toEqual(['start 1', 'start 2', 'stop 1']);
    one.setDoors(doors);
    await vi.advanceTimersByTimeAsync(299);
    expect(log.at(-1)).toBe('start 3');
    await vi.advanceTimersByTimeAsync(1);
    expect(log.at(-1)).toBe('stop 2');
    await vi.advanceTimersByTimeAsync(60_300);
    expect(log.slice(-2)).toEqual(['start 4', 'stop 3']);
    await one.stop();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(log.slice(-2)).toEqual(['stop 3', 'stop 4']);
  });

  test('without any door nothing starts, and the last doors are kept', () => {
    const { one, log } = succession();
    one.setDoors([]);
    expect(log).toEqual([]);
  });

  test('one that ends by itself is told and started again', async () => {
    const { one, log, started } = succession();
    one.setDoors(doors);
    started[0]?.end('out of memory');
    await vi.advanceTimersByTimeAsync(1000);
    expect(log).toEqual(['start 1', 'trouble out of memory', 'start 2']);
    expect(await one.stop()).toBe(false);
    expect(log.at(-1)).toBe('stop 2');
  });

  test('one that does not end in time is killed', async () => {
    const { one, log } = succession({ stubborn: true });
    one.setDoors(doors);
    const stopped = one.stop(6);
    await vi.advanceTimersByTimeAsync(5999);
    expect(log).toEqual(['start 1', 'stop 1']);
    await vi.advanceTimersByTimeAsync(1);
    expect(await stopped).toBe(true);
    expect(log.at(-1)).toBe('kill 1');
  });
});

test('a generator that cannot be started says so', async () => {
  const generator = new Generator({
    program: '/nowhere/vegeta',
    rate: 1,
    visitors: visitorsAt(doors, 1),
    onResult: () => undefined,
  });
  expect((await generator.ended).says).toContain('ENOENT');
});
