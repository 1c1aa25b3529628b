import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { drillsIn, mergeTimeline, parseLines } from '../../scripts/probes/timeline.ts';
import { timelineSvg } from '../../scripts/probes/timeline-svg.ts';
import { openHistory } from '../../scripts/stage/history.ts';
import { eventLine, secondLine, summaryLines } from '../../scripts/stage/lines.ts';
import type { Second } from '../../scripts/stage/load/second.ts';
import { serveStage } from '../../scripts/stage/page-server.ts';
import { binned, pathOf, roundUp, type Frame } from '../../scripts/stage/page/scale.ts';
import { loadSection, loadStrip, loadTimeline } from '../../scripts/stage/report.ts';
import { screenLines } from '../../scripts/stage/screen.ts';
import type { StageSource } from '../../scripts/stage/source.ts';
import { summaryOf } from '../../scripts/stage/summary.ts';
import {
  failedLately,
  healthyNow,
  machineView,
  warningOf,
  type MachineView,
  type PodView,
  type ShownEvent,
  type StageView,
} from '../../scripts/stage/view.ts';

const start = Date.UTC(2026, 0, 1);
const second = (at: number, more: Partial<Second> = {}): Second => ({
  at: start + at * 1000,
  due: 6000,
  answered: 6000,
  inTime: 6000,
  failures: [],
  late: 0,
  p50Ms: 0.42,
  p99Ms: 5.13,
  pods: { 'guestbook-a': 4500, 'guestbook-b': 1500 },
  final: true,
  ...more,
});
const lost = (at: number, count: number): Second =>
  second(at, {
    answered: 6000 - count,
    inTime: 6000 - count,
    failures: [{ door: 'w2', how: 'refused', count, lastAt: start + at * 1000 + 500 }],
  });

describe('what is shown now', () => {
  const now = start + 20_000;
  const twenty = Array.from({ length: 18 }, (_, at) => second(at));

  test('healthy is of the last second that can be judged', () => {
    expect(healthyNow(twenty, now)).toBe(true);
    expect(healthyNow([...twenty.slice(0, -1), lost(17, 61)], now)).toBe(false);
    expect(healthyNow([...twenty.slice(0, -1), lost(17, 60)], now)).toBe(true);
    // The second after it is not over for long enough.
    expect(healthyNow([...twenty, lost(18, 6000)], now)).toBe(true);
    expect(healthyNow(twenty, now + 60_000)).toBeUndefined();
    expect(failedLately([lost(2, 5), ...twenty, lost(17, 7)], now)).toBe(7);
  });

  test('a generator that does not keep up is told, an app that is slow is not', () => {
    expect(warningOf(twenty, 6000, now)).toBeUndefined();
    expect(warningOf([...twenty.slice(0, -1), lost(17, 6000)], 6000, now)).toBeUndefined();
    expect(warningOf(twenty, 8000, now)).toContain('Only 60000 of 80000 requests were sent');
    const late = twenty.map((one) => ({ ...one, late: 61 }));
    expect(warningOf(late, 6000, now)).toContain('left too late');
  });

  test('a machine says what is known of it', () => {
    const sight = { at: 0, members: [], pods: [], off: ['w2'], nodes: [] };
    const worker = { name: 'w2', roles: ['worker'] as const };
    expect(machineView(worker, sight, undefined, new Map())).toMatchObject({ state: 'failed', says: ['no power'] });
    const silent = { ...sight, off: [], apiSilent: 'refused' };
    expect(machineView(worker, silent, undefined, new Map())).toMatchObject({ state: 'unknown' });
    const leader = { name: 'e1', answers: true, isLeader: true, raftTerm: 4 };
    const etcd = machineView({ name: 'e1', roles: ['etcd'] }, { ...sight, members: [leader] }, undefined, new Map());
    expect(etcd).toMatchObject({ state: 'ok', says: ['etcd leads, term 4'] });
  });
});

const hostile = '</script><img src=x onerror=alert(1)>\u001b[2J';
const pod = (name: string, share: number): PodView => ({
  name,
  app: 'guestbook',
  machine: 'w1',
  ready: true,
  ending: false,
  restarts: 0,
  version: '1',
  share,
});
const machines = ['e1', 'e2', 'e3', 'c1', 'w1', 'w2'].map((name) => ({
  name,
  roles: [name.startsWith('e') ? 'etcd' : 'worker'] as StageView['machines'][number]['roles'],
  state: 'ok' as const,
  says: ['Ready, v1.37.2'],
  pods: name.startsWith('w')
    ? [pod('guestbook-7c9d8f6b5-ab2de', 0.26), pod('redis-primary-0', 0), pod(hostile, 0.004)]
    : [],
}));
const view: StageView = {
  at: start + 20_000,
  rate: 6000,
  seconds: 20,
  perSecond: 5999,
  failed: 1234,
  failedLately: 12,
  p50Ms: 0.42,
  p99Ms: 5.13,
  healthy: false,
  etcdLeader: 'e2',
  machines,
  waiting: [],
};
const happened: ShownEvent[] = Array.from({ length: 30 }, (_, index) => ({
  id: index + 1,
  at: start + index * 1000,
  kind: 'fault-on',
  says: `${hostile} number ${index + 1}`,
  failed: index === 29 ? 1234 : 0,
}));

describe('in the terminal', () => {
  test.each([
    [80, 24, true],
    [80, 24, false],
    [120, 40, true],
    [60, 15, false],
  ])('a screen of %i columns and %i rows is not overrun (colour: %s)', (columns, rows, colour) => {
    const seconds = Array.from({ length: 200 }, (_, at) => (at % 50 === 7 ? lost(at, 3) : second(at)));
    const screen = screenLines(
      { view: { ...view, at: start + 300_000 }, seconds, events: happened },
      { columns, colour, accessible: false },
      rows,
    );
    expect(screen.length).toBeLessThanOrEqual(rows);
    for (const line of screen) expect(Array.from(stripVTControlCharacters(line)).length).toBeLessThanOrEqual(columns);
    expect(screen.join('\n')).not.toContain('\u001b[2J');
  });

  test('it shows the figures, the machines with their pods, and the latest event with what it cost', () => {
    const text = screenLines(
      { view, seconds: [second(1)], events: happened },
      { columns: 80, colour: false, accessible: false },
      24,
    ).join('\n');
    for (const shown of ['5,999', 'healthy     no', '1,234 in all, 12 in the last 10 s', '99 of 100 within 5.1 ms'])
      expect(text).toContain(shown);
    expect(text).toContain('guestbook-7c9d8f6b5-ab2de 26 %');
    expect(text).toContain('number 30  1,234 failed');
    expect(text).toContain('q ends it');
  });

  const worker = (name: string, more: Partial<MachineView> = {}): MachineView => ({
    ...machines[4]!,
    name,
    pods: [pod(`guestbook-${name}-a`, 0.06), pod(`guestbook-${name}-b`, 0.05), pod(`guestbook-${name}-c`, 0)],
    ...more,
  });
  const screenOf = (workers: readonly MachineView[], more: Partial<StageView> = {}): string[] =>
    screenLines(
      { view: { ...view, machines: [...machines.slice(0, 4), ...workers], ...more }, seconds: [], events: happened },
      { columns: 80, colour: false, accessible: false },
      24,
    );
  const workersUpTo = (count: number): MachineView[] =>
    Array.from({ length: count }, (_, index) => worker(`w${index + 1}`));
  const numbers = (screen: readonly string[]): number => screen.filter((line) => line.includes(' number ')).length;

  test.each([
    [2, /^e2 +Ready/m],
    [4, /^e1 e2 e3 c1 · e2 leads etcd$/m],
    [9, /^e1 e2 e3 c1 w1 .* w9 · e2 leads etcd · 27 pods 99 %$/m],
  ])('with %i workers the latest four events are seen, and every machine', (count, line) => {
    const screen = screenOf(workersUpTo(count), { warning: 'The generator is slow.' });
    expect(screen).toHaveLength(24);
    expect(numbers(screen)).toBeGreaterThanOrEqual(4);
    const text = screen.join('\n');
    expect(text).toContain('number 30');
    for (const name of ['e1', 'c1', ...workersUpTo(count).map((one) => one.name)])
      expect(text).toMatch(new RegExp(`^(.* )?${name} `, 'm'));
    expect(text).toMatch(line);
  });

  test('a machine that is not well is never folded; the others tell how many pods they have', () => {
    const workers = workersUpTo(9);
    workers[1] = worker('w2', { state: 'failed', says: ['no power'] });
    workers[2] = worker('w3', { door: { machine: 'w3', open: false, why: 'it is cordoned' } });
    workers[3] = worker('w4', { pods: [{ ...pod('guestbook-w4-a', 0.1), ending: true }] });
    const screen = screenOf(workers);
    const text = screen.join('\n');
    expect(numbers(screen)).toBeGreaterThanOrEqual(4);
    expect(text).toContain('e1 e2 e3 c1 w1 w5 w6 w7 w8 w9 · e2 leads etcd · 18 pods 66 %');
    expect(text).toMatch(/^w2 +no power/m);
    expect(text).toMatch(/^w3 .*no visitors: it is cordoned/m);
    expect(text).toMatch(/^w4 /m);
  });

  test('what has no room at all is said', () => {
    const failed = Array.from({ length: 12 }, (_, index) => worker(`w${index + 1}`, { state: 'failed' }));
    const screen = screenOf(failed);
    expect(numbers(screen)).toBe(4);
    expect(screen.join('\n')).toMatch(/^and \d+ more lines of machines/m);
  });

  test('a line a second', () => {
    expect(secondLine({ ...view, warning: 'slow' })).toMatch(
      /^\d\d:\d\d:\d\d  5,999\/s  failed 1,234 \(last 10 s: 12\)  p50 0.42 ms  p99 5.1 ms  healthy: no  WARNING: slow$/,
    );
    expect(eventLine({ at: start, says: hostile })).not.toContain('\u001b');
  });

  test('the summary tells how many failed, and why', () => {
    const [cause] = happened.slice(0, 1);
    const causes = [
      { event: { ...cause!, says: 'Fault on: w2 has no power' }, failed: 90 },
      { event: undefined, failed: 10 },
    ];
    const health = { unhealthySeconds: 2, unknownSeconds: 0 };
    const summary = summaryOf({ rate: 6000, seconds: [second(1), lost(2, 100)], causes, health });
    expect(summary).toMatchObject({ requests: 12_000, answered: 11_900, failed: 100, pods: { 'guestbook-a': 0.75 } });
    expect(summaryLines(summary).join('\n')).toMatchInlineSnapshot(`
      "12,000 requests in 2.0 s (6,000 a second were asked for).
      Answered: 11,900. Failed: 100.
               90  Fault on: w2 has no power
               10  not explained
      Not healthy: 2.0 s.
      99 of 100 answers came within 5.1 ms in half of the seconds, and within 5.1 ms in the slowest.
      Half of them came within 0.42 ms.
      Answers by pod:
        75 %  guestbook-a
        25 %  guestbook-b"
    `);
    expect(summaryLines(summaryOf({ rate: 6000, seconds: [], causes: [], health }))).toEqual(['No request was sent.']);
    const cutShort = summaryOf({ rate: 6000, seconds: [second(1, { unheard: 1200 })], causes: [], health });
    expect(summaryLines(cutShort)).toContain(
      'About 1,200 more were under way at the end: nobody waited for their answers.',
    );
  });
});

describe('on the page', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  const source: StageSource = {
    view: () => view,
    seconds: () => [second(1), lost(2, 100), second(19)],
    events: () => happened,
    causes: () => [],
  };
  async function serve(): Promise<{
    url: string;
    get: (path: string, host?: string) => Promise<IncomingMessage>;
    token: string;
  }> {
    const page = await serveStage(source);
    closers.push(() => page.close());
    const get = (path: string, host?: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        httpGet(new URL(path, page.url), host === undefined ? {} : { headers: { host } }, resolve).on('error', reject);
      });
    const html = await textOf(await get('/'));
    return { url: page.url, get, token: /firedrill-token" content="([^"]+)"/.exec(html)?.[1] ?? '' };
  }
  const textOf = async (answer: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const part of answer.setEncoding('utf8')) text += part as string;
    return text;
  };

  test('its scripts are served without types, to this computer only', async () => {
    const { get, url } = await serve();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    for (const path of ['/page.ts', '/chart.ts', '/scale.ts', '/machines.ts', '/page/dom.ts']) {
      const answer = await get(path);
      expect(answer.headers['content-type']).toContain('text/javascript');
      expect(await textOf(answer)).not.toMatch(/^(interface|export interface|import type)/m);
    }
    const page = await get('/');
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect((await get('/', 'evil.example')).statusCode).toBe(403);
    expect((await get('/server.ts')).statusCode).toBe(404);
    page.resume();
  });

  test('the live stream wants the token, and sends what is there and then only what is new', async () => {
    const { get, token } = await serve();
    expect((await get('/api/live?token=guessed')).statusCode).toBe(403);
    expect((await get(`/api/other?token=${token}`)).statusCode).toBe(404);
    const stream = await get(`/api/live?token=${token}`);
    expect(stream.headers['content-type']).toBe('text/event-stream');
    let text = '';
    for await (const part of stream.setEncoding('utf8')) {
      text += part as string;
      if (text.endsWith('\n\n')) break;
    }
    const update = JSON.parse(text.slice('data: '.length)) as {
      view: StageView;
      seconds: object[];
      events: ShownEvent[];
    };
    expect(update.view).toMatchObject({ perSecond: 5999, healthy: false });
    // What a browser is given is JSON; the page sets it as text only.
    expect(update.events[0]?.says).toContain(hostile);
    expect(update.seconds).toEqual([
      { at: start + 1000, due: 6000, answered: 6000, failed: 0, p50Ms: 0.42, p99Ms: 5.13, healthy: true },
      { at: start + 2000, due: 6000, answered: 5900, failed: 100, p50Ms: 0.42, p99Ms: 5.13, healthy: false },
    ]);
  });

  test('no script of the page sets markup', async () => {
    for (const name of ['page.ts', 'chart.ts', 'machines.ts', 'events.ts']) {
      const script = await readFile(join(import.meta.dirname, '../../scripts/stage/page', name), 'utf8');
      expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
    }
  });

  test('curves are broken where seconds are missing; many seconds become few columns', () => {
    const frame: Frame = { left: 0, right: 100, top: 0, bottom: 10, from: 0, to: 100_000, most: 100 };
    const points = [1, 2, 9].map((at) => ({ at: at * 1000, value: 50 }));
    expect(pathOf(frame, points)).toBe('M1.0 5.0L2.0 5.0M9.0 5.0');
    expect([1, 6001, 999, 0].map(roundUp)).toEqual([1, 8000, 1000, 1]);
    const drawn = Array.from({ length: 3600 }, (_, at) => ({
      at: at * 1000,
      due: 10,
      answered: 10,
      failed: at === 1801 ? 4 : 0,
      p50Ms: 1,
      p99Ms: at,
    }));
    const bins = binned(drawn, 3600);
    expect(bins).toHaveLength(450);
    expect(bins.filter(({ failed }) => failed > 0)).toMatchObject([
      { at: 1_800_000, seconds: 8, failed: 0.5, p99Ms: 1807 },
    ]);
    expect(binned(drawn.slice(0, 60), 60)).toHaveLength(60);
  });
});

test('the history is kept, and a report draws it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stage-'));
  try {
    const history = openHistory('lab', folder);
    history.started(6000);
    history.second(second(1));
    history.second({ ...lost(2, 100), final: false });
    history.second(lost(2, 100));
    history.event({ id: 1, at: start + 1500, kind: 'machine-off', machine: 'w2', says: 'w2 | is <off>' });
    const timeline = mergeTimeline(
      [{ at: new Date(start).toISOString(), type: 'lesson-started' }],
      parseLines(await readFile(history.path, 'utf8')),
    );
    expect(timeline.map(({ type }) => type)).toEqual([
      'lesson-started',
      'stage-second',
      'stage-event',
      'stage-second',
      'stage-started',
    ]);
    const section = loadSection(timeline).join('\n');
    expect(section).toContain(
      'for 2 s: 12,000 requests, 11,900 answered, 100 failed. Not healthy: 1 s; nobody can tell: 0 s.',
    );
    expect(section).toContain('| 100 | w2 \\| is <off> | 00:00:01 |');
    const svg = timelineSvg('Under load', [loadTimeline(timeline)!, ...drillsIn(timeline)], loadStrip);
    expect(svg).toContain('fill="#d94801"><title>100 failed</title>');
    expect(svg).toContain('<title>w2 | is &lt;off&gt;</title>');
    expect(svg).not.toMatch(/NaN|undefined|No probes ran/);
    expect([loadSection([]), loadTimeline([])]).toEqual([[], undefined]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a report on several runs of the stage', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stage-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const off = { kind: 'machine-off', machine: 'w2', says: 'w2 is off' } as const;
  const sectionOf = async (): Promise<string> => {
    const [path = ''] = await readdir(folder);
    return loadSection(mergeTimeline([], parseLines(await readFile(join(folder, path), 'utf8')))).join('\n');
  };

  test('explains each by its own events, though both count them from 1', async () => {
    const [one, other] = [openHistory('lab', folder), openHistory('lab', folder)];
    one.event({ id: 1, at: start, kind: 'node-joined', machine: 'w3', says: 'Node w3 has joined' });
    one.second(second(1));
    other.event({ id: 1, at: start + 60_000, kind: 'fault-on', machine: 'w2', says: 'Fault on: w2 has no power' });
    other.event({ id: 2, at: start + 60_500, ...off, because: 1 });
    other.second(lost(61, 100));
    const section = await sectionOf();
    expect(section).toContain('| 100 | Fault on: w2 has no power | 00:01:00 |');
    expect(section).not.toContain('w3');
  });

  test('tells outages apart that are called the same', async () => {
    for (const [at, failed] of [
      [10, 5],
      [200, 7],
    ] as const) {
      const history = openHistory('lab', folder);
      history.event({ id: 1, at: start + at * 1000, ...off });
      history.second(lost(at, failed));
    }
    const section = await sectionOf();
    expect(section).toContain('| 5 | w2 is off | 00:00:10 |');
    expect(section).toContain('| 7 | w2 is off | 00:03:20 |');
  });

  test('counts the seconds of two at once once, and the requests of both', async () => {
    for (const failed of [0, 100]) openHistory('lab', folder).second(failed === 0 ? second(1) : lost(1, failed));
    expect(await sectionOf()).toContain(
      'for 1 s: 12,000 requests, 11,900 answered, 100 failed. Not healthy: 1 s; nobody can tell: 0 s.',
    );
  });
});
