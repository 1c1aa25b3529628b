import type { Lab } from '../scripts/lab/lab.ts';
import { encoded, prefixRange } from '../scripts/playground/gateway.ts';

/**
 * Removes a key from etcd, or all that begin with it, by whichever member does it. Where none does there is nothing to remove:
 * the baseline says what is wrong. Asked over the kept connection: an etcdctl is a process of its own.
 */
export async function forgetKey(lab: Lab, name: string, { andBelow = false } = {}): Promise<void> {
  const body = andBelow ? prefixRange(name) : { key: encoded(name) };
  for (const member of lab.machinesWithRole('etcd')) {
    try {
      await lab.etcd.call(member.name, '/v3/kv/deleterange', body, { timeoutSeconds: 2 });
      return;
    } catch {
      // The next member may do it.
    }
  }
}
