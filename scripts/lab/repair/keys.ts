import { readIfThere, writeAtomically } from '../../system/files.ts';
import type { Lab } from '../lab.ts';

/** A key as etcd's JSON gateway tells it, in base64. Without a value it is empty. */
interface Entry {
  key: string;
  value?: string | undefined;
  /** The lease on which it hangs. */
  lease?: string;
}

/** Every key: a byte of zero is the first one, and as an end it stands for "none" (`KeyRange` of etcd's API). */
const everyKey = { key: 'AA==', range_end: 'AA==' };

/** Seconds that one of these calls may take. */
const callSeconds = 30;

/** The keys of a checkpoint, and whose they were. */
export interface KeptKeys {
  entries: readonly Entry[];
  /** By machine, what tells its data folder from one that was made in its place. */
  folders: Readonly<Record<string, string>>;
}

/** The member that is asked where one is enough. */
export const firstMember = (lab: Pick<Lab, 'machinesWithRole'>): string =>
  lab.machinesWithRole('etcd')[0]?.name ?? 'e1';

/** Where the keys of a checkpoint are kept, beside its snapshot. */
export const keysPath = (checkpoint: string): string => checkpoint.replace(/\.db$/, '.keys.json');

/**
 * Keeps what every key of etcd holds. Not those that hang on a lease: whoever has the lease writes them again, as an API
 * server does with its own address, or they were to go soon, as events are.
 */
export async function keepKeys(lab: EtcdOf, checkpoint: string): Promise<void> {
  const answer = await lab.etcd.call(firstMember(lab), '/v3/kv/range', everyKey, { timeoutSeconds: callSeconds });
  const { kvs = [] } = answer as { kvs?: Entry[] };
  const entries = kvs.filter(({ lease }) => lease === undefined).map(({ key, value }) => ({ key, value }));
  const kept: KeptKeys = { entries, folders: await dataFolders(lab) };
  // Secrets are among them.
  await writeAtomically(keysPath(checkpoint), JSON.stringify(kept), { mode: 0o600 });
}

/**
 * Whether each member has the data that it had then, changed since or not. Members that began anew with empty disks count their
 * revisions from 1 again: whoever has seen later ones would take what is written there for long past.
 */
export async function haveSameData(lab: EtcdOf, { folders }: KeptKeys): Promise<boolean> {
  const now = await dataFolders(lab);
  return Object.entries(now).every(([machine, folder]) => folder !== '' && folder === folders[machine]);
}

/** Inode and time of birth of each member's data folder; empty where there is none. */
async function dataFolders(lab: EtcdOf): Promise<Record<string, string>> {
  const looks = lab.machinesWithRole('etcd').map(async ({ name }) => {
    const { stdout } = await lab.on(name, 'stat --format=%i:%W /var/lib/etcd/data/member', { timeoutSeconds: 10 });
    return [name, stdout.trim()] as const;
  });
  return Object.fromEntries(await Promise.all(looks));
}

type EtcdOf = Pick<Lab, 'etcd' | 'on' | 'machinesWithRole'>;

/** The keys that were kept with a checkpoint; undefined where none were. */
export async function readKeys(checkpoint: string): Promise<KeptKeys | undefined> {
  const text = await readIfThere(keysPath(checkpoint));
  return text === undefined ? undefined : (JSON.parse(text) as KeptKeys);
}

/** etcd takes up to 128 changes at once (`--max-txn-ops`), and 1.5 MiB (`--max-request-bytes`). */
const most = { changes: 100, bytes: 1_000_000 };

/**
 * Writes these keys in place of all that there are: by ordinary writes, which a majority of the members confirms.
 * @throws Error where etcd refuses, or does not answer in time.
 */
export async function replaceKeys(lab: EtcdOf, entries: readonly Entry[], signal?: AbortSignal): Promise<void> {
  const call = async (path: string, body: unknown): Promise<void> => {
    signal?.throwIfAborted();
    await lab.etcd.call(firstMember(lab), path, body, { timeoutSeconds: callSeconds });
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
