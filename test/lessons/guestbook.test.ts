import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
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

/** A lab whose API server tells of Redis what `pods` says, one after the other, and whose kubectl ends as `exitCodes` say. */
function labWhere(pods: readonly { version: string; phase: string }[], exitCodes: readonly number[]) {
  const asked: string[] = [];
  let looks = 0;
  const get = () => {
    const { version, phase } = pods[Math.min(looks++, pods.length - 1)] ?? { version: '', phase: '' };
    return Promise.resolve({ metadata: { resourceVersion: version }, status: { phase } });
  };
  const onHost = (_command: string, { input = '' } = {}) => {
    asked.push(input);
    return Promise.resolve({ exitCode: exitCodes[asked.length - 1] ?? 0 });
  };
  return { lab: { kubernetes: { get }, onHost } as unknown as Lab, asked, looks: () => looks };
}

test('messages are forgotten together, and only once Redis really runs', async () => {
  // The first time "container not found", which is what kubectl says of one that is about to start.
  const still = { version: '1', phase: 'Running' };
  const { lab, asked, looks } = labWhere([still, still, still, still, { version: '2', phase: 'Running' }], [1]);
  await Promise.all([forgetMessages(lab, ['one']), forgetMessages(lab, ['two', 'one'])]);
  expect(asked).toHaveLength(2);
  for (const input of asked) expect(input.match(/'(one|two)'$/gm)).toEqual(["'one'", "'two'"]);
  // Not asked again before the API server said something new.
  expect(looks()).toBe(5);
});

test('a guestbook that does not run is not asked', async () => {
  const { lab, asked } = labWhere([{ version: '1', phase: 'Pending' }], []);
  await forgetMessages(lab, ['one']);
  expect(asked).toEqual([]);
});

test('one that is kept and about to run is waited for, beside other work where somebody takes that', async () => {
  const { lab, asked } = labWhere(
    [
      { version: '1', phase: 'Pending' },
      { version: '2', phase: 'Pending' },
      { version: '3', phase: 'Running' },
    ],
    [],
  );
  const works: Promise<void>[] = [];
  await forgetMessages(lab, ['one'], { keepsApp: true, later: (work) => works.push(work) });
  expect(asked).toEqual([]);
  await Promise.all(works);
  expect(works).toHaveLength(1);
  expect(asked).toHaveLength(1);
});
