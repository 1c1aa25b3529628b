import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRemains, removeRemains } from '../../scripts/setup/uninstall.ts';
import { madeUpHost, stopped } from './made-up-host.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-uninstall-'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});
const exists = (path: string) => Promise.resolve(existsSync(path));

test('finds labs by their mark, images by their name, and the folders that are there; removes only those', async () => {
  await mkdir(join(folder, 'cache/firedrill/bundle'), { recursive: true });
  await mkdir(join(folder, 'cache/another-program'), { recursive: true });
  await writeFile(join(folder, 'cache/firedrill/bundle/etcd'), '');
  const host = madeUpHost();
  host.answers.set('docker ps', { stdout: 'firedrill\nfiredrill\n' });
  host.answers.set('docker volume ls --quiet', { stdout: 'firedrill-image-store-1\n' });
  host.answers.set('docker volume ls', { stdout: 'half-gone\n' });
  host.answers.set('docker images', { stdout: 'firedrill/machine:1\nfiredrill/machine:2\n' });
  host.answers.set('docker rmi firedrill/machine:2', { exitCode: 1, stderr: 'in use' });
  const remains = await findRemains(host, exists);
  expect(remains).toEqual({
    labs: ['firedrill', 'half-gone'],
    images: ['firedrill/machine:1', 'firedrill/machine:2'],
    volumes: ['firedrill-image-store-1'],
    folders: [join(folder, 'cache/firedrill')],
    dockerAnswers: true,
  });
  expect(await removeRemains(host, remains)).toEqual(['firedrill/machine:2']);
  expect(host.ran).toContain('docker volume rm firedrill-image-store-1');
  expect(existsSync(join(folder, 'cache/firedrill'))).toBe(false);
  expect(existsSync(join(folder, 'cache/another-program'))).toBe(true);
});

test('an engine that is stopped hides labs and images: that is said, not taken for "none"', async () => {
  const host = madeUpHost();
  host.answers.set('docker version', stopped);
  expect((await findRemains(host, exists)).dockerAnswers).toBe(false);
});

test('without docker there can be no labs', async () => {
  const host = madeUpHost();
  host.programs.delete('docker');
  expect(await findRemains(host, exists)).toEqual({
    labs: [],
    images: [],
    volumes: [],
    folders: [],
    dockerAnswers: true,
  });
});
