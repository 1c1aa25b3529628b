import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { forgetMessages, guestbookManifest } from '../../lessons/guestbook.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

interface Workload {
  kind: string;
  metadata: { name: string };
  spec: { template: { spec: { containers: { args: string[] }[] } } };
}

const documents = parseAllDocuments(await readFile(guestbookManifest, 'utf8')).map(
  (document) => document.toJS() as Workload,
);

/** Seconds that an option of Redis gives. */
function option(workload: string, name: string): number {
  const found = documents.find(({ kind, metadata }) => metadata.name === workload && kind !== 'Service');
  const args = found?.spec.template.spec.containers[0]?.args ?? [];
  return Number(args[args.indexOf(name) + 1]);
}

test("the replica of Redis gives its primary up only after it has missed several of the primary's signs of life", () => {
  const every = option('redis-primary', '--repl-ping-replica-period');
  expect(option('redis-replica', '--repl-timeout')).toBeGreaterThanOrEqual(3 * every);
});

test('the volume comes before what uses it', () => {
  const kinds = documents.map(({ kind }) => kind);
  expect(kinds.slice(0, 2)).toEqual(['PersistentVolume', 'PersistentVolumeClaim']);
});

test('messages are forgotten together, and only once Redis really runs', async () => {
  const asked: string[] = [];
  const lab = {
    kubernetes: { get: () => Promise.resolve({ status: { phase: 'Running' } }) },
    onHost: (_command: string, { input = '' } = {}) => {
      asked.push(input);
      // "container not found", which is what kubectl says of one that is about to start.
      return Promise.resolve({ exitCode: asked.length === 1 ? 1 : 0 });
    },
  } as unknown as Lab;
  await Promise.all([forgetMessages(lab, 'one'), forgetMessages(lab, 'two', 'one')]);
  expect(asked).toHaveLength(2);
  for (const input of asked) expect(input.match(/'(one|two)'$/gm)).toEqual(["'one'", "'two'"]);
});

test('a guestbook that does not run is not asked', async () => {
  const get = () => Promise.resolve({ status: { phase: 'Pending' } });
  const onHost = vi.fn();
  await forgetMessages({ kubernetes: { get }, onHost } as unknown as Lab, 'one');
  expect(onHost).not.toHaveBeenCalled();
});
