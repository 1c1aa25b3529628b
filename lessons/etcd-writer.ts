import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../scripts/lab/lab.ts';
import { encoded } from '../scripts/playground/gateway.ts';
import { forgetKey } from './etcd-keys.ts';

/** Milliseconds between two writes. */
const everyMilliseconds = 100;
/** Milliseconds after which a write that no member has confirmed counts as failed. */
const patienceMilliseconds = 1000;
const key = '/firedrill/writes';

/** One write. Times are milliseconds since the epoch. */
export interface Write {
  sentAt: number;
  answeredAt: number;
  ok: boolean;
}

/**
 * A client that writes to etcd ten times a second until the step ends. As every client of etcd it knows all members:
 * where one does not answer it turns to the next. It does not wait for one write before it sends the next.
 */
export async function writeToEtcd(lab: Lab, signal: AbortSignal): Promise<Write[]> {
  const members = lab.machinesWithRole('etcd').map(({ name }) => name);
  const writes: Write[] = [];
  const open = new Set<Promise<void>>();
  for (let turn = 0; !signal.aborted; turn += 1) {
    const order = members.map((_, index) => members[(turn + index) % members.length] ?? '');
    const writing = writeOnce(lab, order, turn).then((write) => {
      writes.push(write);
      open.delete(writing);
    });
    open.add(writing);
    await pause(everyMilliseconds, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(open);
  return writes.sort((a, b) => a.answeredAt - b.answeredAt);
}

async function writeOnce(lab: Lab, order: readonly string[], turn: number): Promise<Write> {
  const sentAt = Date.now();
  const body = { key: encoded(key), value: encoded(String(turn)) };
  for (const member of order) {
    const left = patienceMilliseconds - (Date.now() - sentAt);
    if (left <= 0) break;
    try {
      await lab.etcd.call(member, '/v3/kv/put', body, { timeoutSeconds: left / 1000 });
      return { sentAt, answeredAt: Date.now(), ok: true };
    } catch {
      // The next member may do it.
    }
  }
  return { sentAt, answeredAt: Date.now(), ok: false };
}

/**
 * Starts the members that a half-done lesson left stopped, all at once: two of them must meet to have a majority. One
 * without data stays as it is, because several of them would begin a new, empty cluster.
 */
export async function startStoppedMembers(lab: Lab): Promise<void> {
  const script = 'ls /var/lib/etcd/data/member/wal/*.wal >/dev/null 2>&1 && systemctl start --no-block etcd';
  await Promise.all(lab.machinesWithRole('etcd').map(({ name }) => lab.on(name, script).catch(() => undefined)));
}

export const forgetWrites = (lab: Lab): Promise<void> => forgetKey(lab, key);

/** @throws where nobody wrote: then nothing was measured. */
export function writesIn(observed: unknown): readonly Write[] {
  const writes = (observed as readonly Write[] | undefined) ?? [];
  if (writes.length < 5) throw new Error('too few writes were sent');
  return writes;
}

/** The longest time between two confirmed writes, and the usual one, in seconds. @throws where too few were confirmed. */
export function longestGap(writes: readonly Write[]): { seconds: number; usualSeconds: number } {
  const confirmed = writes
    .filter(({ ok }) => ok)
    .map(({ answeredAt }) => answeredAt)
    .sort((a, b) => a - b);
  const gaps = confirmed.slice(1).map((at, index) => at - (confirmed[index] ?? at));
  if (gaps.length < 5) throw new Error('too few writes were confirmed');
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  return { seconds: Math.max(...gaps) / 1000, usualSeconds: usual / 1000 };
}
