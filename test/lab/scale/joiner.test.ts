import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { resultLines } from '../../../scripts/commands/lab-scale.ts';
import { followLayout } from '../../../scripts/lab/follow-layout.ts';
import { createLayout, type Layout } from '../../../scripts/lab/layout.ts';
import { accessManifest } from '../../../scripts/lab/scale/access.ts';
import { forgetJoiner, joinersOfAPerson, keepJoiner, readJoiner } from '../../../scripts/lab/scale/joiner.ts';
import { withWorkers } from '../../../scripts/lab/scale/workers.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-joiner-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('what is kept of a machine that joins', () => {
  it('has a token of its own, made once, that only its owner reads', async () => {
    const { token } = await keepJoiner(folder, 'w3');
    expect(token).toMatch(/^[a-z0-9]{6}\.[a-z0-9]{16}$/);
    expect(await keepJoiner(folder, 'w3', { approval: 'person' })).toEqual({
      token,
      approval: 'person',
      leaves: false,
    });
    expect((await keepJoiner(folder, 'w4')).token).not.toBe(token);
    expect((await stat(join(folder, 'joiners', 'w3.json'))).mode & 0o777).toBe(0o600);
    await forgetJoiner(folder, 'w3');
    expect((await keepJoiner(folder, 'w3')).token).not.toBe(token);
  });

  it('is made anew where it cannot be read', async () => {
    await keepJoiner(folder, 'w3');
    await writeFile(join(folder, 'joiners', 'w3.json'), '{"token": "a');
    expect(await readJoiner(folder, 'w3')).toBeUndefined();
    expect(await keepJoiner(folder, 'w3')).toMatchObject({ approval: 'program' });
  });

  it('tells whom a person lets in, of the machines that there are', async () => {
    await keepJoiner(folder, 'w3', { approval: 'person' });
    await keepJoiner(folder, 'w5', { approval: 'person' });
    const layout = withWorkers(createLayout({ name: 'lab' }), 4);
    expect(await joinersOfAPerson({ layout, folder })).toEqual(['w3']);
  });
});

it('a token gives the right to ask, ends by itself, and approves nothing', () => {
  const expires = new Date('2026-11-28T12:00:00.123Z');
  const text = accessManifest([{ name: 'w3', token: 'abcdef.0123456789abcdef' }], expires);
  const documents = parseAllDocuments(text).map((document) => document.toJS() as Record<string, unknown>);
  expect(documents.map(({ kind }) => kind)).toEqual(['ClusterRoleBinding', 'Secret', 'ClusterRoleBinding']);
  expect(documents[0]).toMatchObject({
    roleRef: { name: 'system:node-bootstrapper' },
    subjects: [{ kind: 'Group', name: 'system:bootstrappers' }],
  });
  const { type, metadata, data } = documents[1] as { type: string; metadata: object; data: Record<string, string> };
  expect(type).toBe('bootstrap.kubernetes.io/token');
  expect(metadata).toMatchObject({ name: 'bootstrap-token-abcdef', namespace: 'kube-system' });
  const clear = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  expect(Object.fromEntries(clear)).toMatchObject({
    'token-id': 'abcdef',
    'token-secret': '0123456789abcdef',
    'usage-bootstrap-authentication': 'true',
    expiration: '2026-11-28T12:00:00Z',
  });
  expect(documents[2]).toMatchObject({
    roleRef: { name: 'system:node-proxier' },
    subjects: [{ kind: 'User', name: 'system:node:w3' }],
  });
  expect(text).not.toContain('nodeclient');
});

it('an open lab sees machines that join later, and keeps what it knew where its file is gone or broken', async () => {
  const path = join(folder, 'machines.json');
  const two = createLayout({ name: 'lab' });
  const now = followLayout(two, path, (text) => parse(text) as Layout);
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  expect(now()).toBe(two);
  await replace(JSON.stringify(withWorkers(two, 3)));
  expect(now().machines.at(-1)?.name).toBe('w3');
  expect(now()).toBe(now());
  await replace('{');
  expect(now().machines.at(-1)?.name).toBe('w3');
  await rm(path);
  expect(now().machines.at(-1)?.name).toBe('w3');
  await replace(JSON.stringify(two));
  expect(now().machines.at(-1)?.name).toBe('w2');
});

describe('the result in words', () => {
  const result = { workers: ['w1', 'w2', 'w3'], joined: [], left: [], waiting: [] };

  it('is one line where all is done', () => {
    expect(resultLines(result)).toEqual(['The lab has 3 workers: w1, w2, w3.']);
  });

  it('says which request to approve, and that another follows', () => {
    const waiting = [{ name: 'node-csr-a', machine: 'w3', kind: 'client' as const }];
    const text = resultLines({ ...result, waiting }).join('\n');
    expect(text).toContain('w3 runs, and asks to be let in.');
    expect(text).toContain('    kubectl certificate approve node-csr-a\n');
    expect(text).toContain('a second request');
  });
});
