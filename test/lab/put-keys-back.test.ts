import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { KubernetesError } from '../../scripts/lab/kubernetes.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { checkpointPath, startCheckpointPath, takeCheckpoint } from '../../scripts/lab/repair/checkpoint.ts';
import { keysPath } from '../../scripts/lab/repair/keys.ts';
import { putKeysBack } from '../../scripts/lab/repair/put-keys-back.ts';

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const decoded = (text: string): string => Buffer.from(text, 'base64').toString();

interface Put {
  requestPut: { key: string; value?: string };
}

/** A lab whose etcd keeps keys as the real one does, behind the same gateway. An API server serves what is in there. */
function labWith(keys: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-keys-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, 'checkpoint'));
  const layout = createLayout({ name: 'l' });
  const etcd = new Map(Object.entries(keys));
  const onLease = new Set<string>();
  /** Of each member, what its data folder is told by. */
  const disks = new Map(['e1', 'e2', 'e3'].map((name) => [name, `${name}:1`]));
  const done: string[] = [];
  const requests: number[] = [];
  const call = (_member: string, path: string, body: unknown): Promise<unknown> => {
    if (path === '/v3/kv/range') {
      const kvs = [...etcd].map(([key, value]) => ({
        key: encoded(key),
        // The gateway leaves out what is empty.
        ...(value === '' ? {} : { value: encoded(value) }),
        ...(onLease.has(key) ? { lease: '7' } : {}),
      }));
      return Promise.resolve({ kvs });
    }
    if (path === '/v3/kv/deleterange') {
      done.push('deleted all keys');
      etcd.clear();
      return Promise.resolve({});
    }
    const { success } = body as { success: Put[] };
    if (success.length > 128) return Promise.reject(new Error('too many operations in txn request'));
    requests.push(JSON.stringify(body).length);
    for (const { requestPut } of success) etcd.set(decoded(requestPut.key), decoded(requestPut.value ?? ''));
    return Promise.resolve({});
  };
  const lab = {
    folder,
    layout,
    machinesWithRole: (role: 'etcd') => layout.machines.filter(({ roles }) => roles.includes(role)),
    on: (machine: string, script: string) => {
      if (script.startsWith('stat ')) return Promise.resolve({ exitCode: 0, stdout: `${disks.get(machine) ?? ''}\n` });
      done.push(`${machine} ${script}`);
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    },
    etcd: {
      call,
      ctl: ([, , path = '']: readonly string[]) => {
        writeFileSync(path, 'a snapshot');
        return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
      },
    },
    kubernetes: {
      get: () => (etcd.has(dns) ? Promise.resolve({}) : Promise.reject(new KubernetesError(404, 'gone'))),
    },
  } as unknown as Lab;
  return { lab, etcd, onLease, disks, done, requests };
}

const dns = '/registry/deployments/kube-system/coredns';
const bytes = String.fromCharCode(0, 1, 10, 34, 92);

test('keys come back as they were, whatever is in them, in requests that etcd takes', async () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`/registry/pods/${index}`, 'x']));
  const large = { '/registry/secrets/one': 'a'.repeat(700_000), '/registry/secrets/two': 'b'.repeat(700_000) };
  const keys = { [dns]: bytes, '/registry/empty': '', ...many, ...large };
  const { lab, etcd, requests } = labWith(keys);
  await takeCheckpoint(lab);
  etcd.clear();
  etcd.set('/registry/namespaces/default', 'made meanwhile');
  expect(await putKeysBack(lab, {})).toBe(true);
  expect(Object.fromEntries(etcd)).toEqual(keys);
  expect(Math.max(...requests)).toBeLessThan(1.5 * 1024 * 1024);
});

test('what hangs on a lease is left to whoever has it, and nobody waits for a leader of then', async () => {
  const leader = '/registry/leases/kube-system/kube-controller-manager';
  const node = '/registry/leases/kube-node-lease/w1';
  const { lab, etcd, onLease } = labWith({ [dns]: 'x', '/registry/events/default/e': 'x', [leader]: 'x', [node]: 'x' });
  onLease.add('/registry/events/default/e');
  await takeCheckpoint(lab);
  expect(await putKeysBack(lab, {})).toBe(true);
  expect([...etcd.keys()].toSorted()).toEqual([dns, node].toSorted());
});

test('kubelets and controllers have ended before a key is written, and begin after the last one', async () => {
  const { lab, done } = labWith({ [dns]: 'x' });
  await takeCheckpoint(lab);
  await putKeysBack(lab, {});
  const written = done.indexOf('deleted all keys');
  const before = done.slice(0, written).toSorted();
  expect(before).toEqual([
    'c1 pkill -9 kube-controller; pkill -9 -x kube-scheduler; true',
    ...['c1', 'w1', 'w2'].map((node) => `${node} systemctl stop kubelet`),
  ]);
  expect(done.slice(written + 1).toSorted()).toEqual(
    ['c1', 'w1', 'w2'].map((node) => `${node} systemctl start --no-block kubelet`),
  );
});

test('a later checkpoint is preferred, and its keys are used once', async () => {
  const { lab, etcd } = labWith({ [dns]: 'first boot' });
  await takeCheckpoint(lab);
  etcd.set(dns, 'later');
  const preferred = startCheckpointPath(lab);
  await takeCheckpoint(lab, preferred);
  const back: (string | undefined)[] = [];
  for (let time = 0; time < 2; time++) {
    etcd.clear();
    back.push((await putKeysBack(lab, { preferred })) ? etcd.get(dns) : undefined);
  }
  // Then it is etcd's turn to be restored from it: the snapshot is there still.
  expect(back).toEqual(['later', undefined]);
  expect(existsSync(preferred)).toBe(true);
  expect(existsSync(keysPath(checkpointPath(lab)))).toBe(true);
});

test.each([
  ['began anew with an empty disk', 'e2:2'],
  ['has no data', ''],
])('nothing is touched where a member %s: revisions would begin again', async (_, disk) => {
  const { lab, etcd, disks, done } = labWith({ [dns]: 'x' });
  await takeCheckpoint(lab);
  etcd.clear();
  disks.set('e2', disk);
  expect(await putKeysBack(lab, {})).toBe(false);
  expect(done).toEqual([]);
  expect(etcd.size).toBe(0);
});

test('where no keys were kept, nothing is touched', async () => {
  const { lab, etcd, done } = labWith({ [dns]: 'x' });
  expect(await putKeysBack(lab, {})).toBe(false);
  expect(done).toEqual([]);
  expect(etcd.get(dns)).toBe('x');
});

test('an etcd that refuses is left to a restore', async () => {
  const { lab, done } = labWith({ [dns]: 'x' });
  await takeCheckpoint(lab);
  const refuses = { ...lab, etcd: { ...lab.etcd, call: () => Promise.reject(new Error('no space')) } };
  expect(await putKeysBack(refuses, {})).toBe(false);
  expect(done.filter((what) => what.includes('start'))).toEqual([]);
});

test('nobody else may read the keys', async () => {
  const { lab } = labWith({ [dns]: 'x' });
  await takeCheckpoint(lab);
  expect(statSync(keysPath(checkpointPath(lab))).mode & 0o077).toBe(0);
});
