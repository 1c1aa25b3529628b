import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vegetaPath } from '../bundle/bundle.ts';
import type { Lab } from '../lab/lab.ts';
import type { Machine } from '../lab/layout.ts';
import { answeringDoor, publishedAddress } from '../stage/door.ts';
import { runOrThrow } from '../system/run.ts';
import { withBareApp } from './bare-app.ts';
import { markdownTable } from './table.ts';

/**
 * Seconds of load. A connection for each request uses up a port of this computer for a while, and Linux has 28,000 of
 * them for each address that is called (ip_local_port_range): longer would measure that.
 */
const loadSeconds = 10;
const connections = 200;

/**
 * Requests a second that come before anything is counted, for `loadSeconds` each. Node.js makes a program quicker while it
 * runs: pods that have served nobody yet can't keep up at first, and what waits then makes them slower still.
 */
const warmUp = [2000, 5000];

interface Visitors {
  name: string;
  perSecond: number;
  keepsAlive: boolean;
  /** What the guestbook promises of the 99th percentile. */
  atMostMilliseconds?: number;
}

const atMostMilliseconds = 20;
/** Their connections are kept, as browsers and proxies keep them, and the guestbook must serve all of them. */
const crowd: Visitors = { name: 'kept', perSecond: 8000, keepsAlive: true, atMostMilliseconds };
/** The same crowd at servers that do nothing: a computer that is slow just now is slow for them, too. */
const beside: Visitors = { name: 'kept, bare servers in its place', perSecond: 8000, keepsAlive: true };
/** Each request comes over a connection of its own, which costs both sides a multiple. */
const strangers: Visitors = { name: 'one for each request', perSecond: 1000, keepsAlive: false, atMostMilliseconds };

/** What vegeta reports (`vegeta report -type=json`, https://github.com/tsenart/vegeta). Times in nanoseconds. */
interface VegetaReport {
  latencies: { '50th': number; '99th': number; max: number };
  requests: number;
  rate: number;
  success: number;
  errors: string[] | null;
}

export interface AppLoad {
  kind: string;
  /** What is promised of the 99th percentile. */
  atMostMilliseconds: number;
  requests: number;
  perSecond: number;
  lost: number;
  p50Milliseconds: number;
  p99Milliseconds: number;
  maxMilliseconds: number;
  /** A few of the errors. */
  errors: readonly string[];
}

/**
 * Loads the guestbook's page through the NodePorts of all workers: open loop (requests come when they come, however slow
 * the answers are). A figure for each kind of visitor.
 */
export async function loadApp(lab: Lab, signal: AbortSignal): Promise<AppLoad[]> {
  const vegeta = await vegetaPath();
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-load-'));
  try {
    const targets = join(folder, 'targets');
    const addresses = await Promise.all(lab.machinesWithRole('worker').map((worker) => addressOf(worker, signal)));
    await writeFile(targets, addresses.map((address) => `GET ${address}/\n`).join(''));
    const output = join(folder, 'output');
    const attack = async (visitors: Visitors): Promise<AppLoad> => {
      const { perSecond, keepsAlive } = visitors;
      const pace = [`-rate=${perSecond}/s`, `-duration=${loadSeconds}s`, '-timeout=5s', '-max-body=0'];
      const how = [`-keepalive=${keepsAlive}`, `-connections=${connections}`];
      const files = [`-targets=${targets}`, `-output=${output}`];
      await runOrThrow(vegeta, ['attack', ...pace, ...how, ...files], { signal, timeoutSeconds: loadSeconds + 30 });
      const report = await runOrThrow(vegeta, ['report', '-type=json', output], { signal });
      return loadOf(visitors, JSON.parse(report) as VegetaReport);
    };
    const warm = async (visitors: Visitors): Promise<AppLoad> => {
      for (const perSecond of warmUp) await attack({ ...visitors, perSecond });
      return attack(visitors);
    };
    const guestbook = await warm(crowd);
    return [guestbook, await withBareApp(lab, () => warm(beside)), await attack(strangers)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Where this computer reaches the app on a worker. */
async function addressOf(worker: Machine, signal: AbortSignal): Promise<string> {
  return `http://${(await answeringDoor(worker, signal))?.address ?? publishedAddress(worker)}`;
}

export function loadOf(visitors: Pick<Visitors, 'name' | 'atMostMilliseconds'>, report: VegetaReport): AppLoad {
  const milliseconds = (nanoseconds: number): number => nanoseconds / 1e6;
  return {
    kind: visitors.name,
    atMostMilliseconds: visitors.atMostMilliseconds ?? Infinity,
    requests: report.requests,
    perSecond: report.rate,
    lost: Math.round(report.requests * (1 - report.success)),
    p50Milliseconds: milliseconds(report.latencies['50th']),
    p99Milliseconds: milliseconds(report.latencies['99th']),
    maxMilliseconds: milliseconds(report.latencies.max),
    errors: (report.errors ?? []).slice(0, 3),
  };
}

export function loadTable(loads: readonly AppLoad[]): string[] {
  const rows = loads.map((load) => [
    load.kind,
    String(load.requests),
    load.perSecond.toFixed(0),
    `${load.lost > 0 ? '**missed** ' : ''}${load.lost}`,
    `${load.p50Milliseconds.toFixed(1)} ms`,
    `${load.p99Milliseconds >= load.atMostMilliseconds ? '**missed** ' : ''}${load.p99Milliseconds.toFixed(1)} ms`,
    `${load.maxMilliseconds.toFixed(0)} ms`,
  ]);
  const errors = [...new Set(loads.flatMap((load) => load.errors))].map((error) => `- ${error}`);
  const head = [
    'connections',
    'requests',
    'a second',
    'lost',
    'p50',
    `p99 (at most ${atMostMilliseconds} ms)`,
    'slowest',
  ];
  return [...markdownTable(head, rows), ...(errors.length > 0 ? ['', ...errors] : [])];
}
