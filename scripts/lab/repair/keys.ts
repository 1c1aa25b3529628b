import { readIfThere, writeAtomically } from '../../system/files.ts';
import type { Lab } from '../lab.ts';

/** A key as etcd's JSON gateway tells it, in base64. Without a value it is empty. */
interface Entry {
  key: string;
  value?: string;
  /** The lease on which it hangs. */
  lease?: string;
}

/** Every key: a byte of zero is the first one, and as an end it stands for "none" (`KeyRange` of etcd's API). */
const everyKey = { key: 'AA==', range_end: 'AA==' };

/** Seconds that one of these calls may take. */
const callSeconds = 30;

/** Where the keys of a checkpoint are kept, beside its snapshot. */
export const keysPath = (checkpoint: string): string => checkpoint.replace(/\.db$/, '.keys.json');

/**
 * Keeps what every key of etcd holds. Not those that hang on a lease: whoever has the lease writes them again, as an API
 * server does with its own address, or they were to go soon, as events are.
 */
export async function keepKeys(lab: Pick<Lab, 'etcd'>, member: string, checkpoint: string): Promise<void> {
  const answer = await lab.etcd.call(member, '/v3/kv/range', everyKey, { timeoutSeconds: callSeconds });
  const { kvs = [] } = answer as { kvs?: Entry[] };
  const kept = kvs.filter(({ lease }) => lease === undefined).map(({ key, value }) => ({ key, value }));
  // Secrets are among them.
  await writeAtomically(keysPath(checkpoint), JSON.stringify(kept), { mode: 0o600 });
}

/** The keys that were kept with a checkpoint; undefined where none were. */
export async function readKeys(checkpoint: string): Promise<readonly Entry[] | undefined> {
  const text = await readIfThere(keysPath(checkpoint));
  return text === undefined ? undefined : (JSON.parse(text) as Entry[]);
}

/** etcd takes up to 128 changes at once (`--max-txn-ops`), and 1.5 MiB (`--max-request-bytes`). */
const most = { changes: 100, bytes: 1_000_000 };

/**
 * Writes these keys in place of all that there are: by ordinary writes, which a majority of the members confirms.
 * @throws Error where etcd refuses, or does not answer in time.
 */
export async function replaceKeys(
  lab: Pick<Lab, 'etcd'>,
  member: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<void> {
  const call = async (path: string, body: unknown): Promise<void> => {
    signal?.throwIfAborted();
    await lab.etcd.call(member, path, body, { timeoutSeconds: callSeconds });
  };
  await call('/v3/kv/deleterange', everyKey);
  for (const part of partsOf(entries)) {
    await call('/v3/kv/txn', { success: part.map((entry) => ({ requestPut: entry })) });
  }
}

function partsOf(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const last = parts.at(-1);
    const size = entry.key.length + (entry.value?.length ?? 0);
    if (last && last.length < most.changes && bytes + size <= most.bytes) {
      last.push(entry);
      bytes += size;
    } else {
      parts.push([entry]);
      bytes = size;
    }
  }
  return parts;
}
