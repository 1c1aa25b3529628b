import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRemains, removeRemains, whatStays } from '../../scripts/setup/uninstall.ts';
import { madeUpHost, ordinaryUsersHost, stopped } from './made-up-host.ts';

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

test('what stays is named: of what setup may have changed, that which is there', async () => {
  expect(await whatStays(madeUpHost())).toEqual([
    'What stays: the checkout, the packages that setup installed. README.md tells how to undo each.',
  ]);
  const host = ordinaryUsersHost();
  host.files.set('/etc/sysctl.d/90-firedrill.conf', 'fs.inotify.max_user_instances=512\n');
  expect(await whatStays(host)).toEqual([
    'What stays: the checkout, the packages that setup installed, your place in the group docker, /etc/sysctl.d/90-firedrill.conf. README.md tells how to undo each.',
  ]);
});

test('an engine that setup started without systemd stays, with the command that ends it', async () => {
  const log = join(folder, 'state/firedrill/dockerd.log');
  const lines = async (host = madeUpHost()) => {
    host.files.set(log, 'API listen on /var/run/docker.sock\n');
    return (await whatStays(host)).slice(1);
  };
  const [roots, adas] = [madeUpHost(), ordinaryUsersHost()];
  for (const host of [roots, adas]) host.files.set('/proc/1/comm', 'sh\n');
  const end = 'The docker engine that setup started runs on. To end it:';
  expect(await lines(roots)).toEqual([`${end} kill $(cat /var/run/docker.pid)`]);
  expect(await lines(adas)).toEqual([`${end} sudo kill $(cat /var/run/docker.pid)`]);
  // With systemd the log is an old one; and an engine that is not there needs no end.
  expect(await lines()).toEqual([]);
  roots.answers.set('docker version', stopped);
  expect(await lines(roots)).toEqual([]);
});
