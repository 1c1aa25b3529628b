import type { Lab } from '../scripts/lab/lab.ts';
import { encoded } from '../scripts/playground/gateway.ts';
import { forgetKey } from './etcd-keys.ts';
import { keepWriting, type Write } from './keep-writing.ts';

/** Milliseconds between two writes. */
const everyMilliseconds = 100;
/** Milliseconds after which a write that no member has confirmed counts as failed. */
const patienceMilliseconds = 1000;
const key = '/firedrill/writes';

/**
 * A client that writes to etcd ten times a second until the step ends. As every client of etcd it knows all members:
 * where one does not answer it turns to the next. It does not wait for one write before it sends the next.
 */
export function writeToEtcd(lab: Lab, signal: AbortSignal): Promise<Write[]> {
  const members = lab.machinesWithRole('etcd').map(({ name }) => name);
  return keepWriting(signal, {
    everyMilliseconds,
    write: (turn) => {
      const order = members.map((_, index) => members[(turn + index) % members.length] ?? '');
      return writeOnce(lab, order, turn);
    },
  });
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
