import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBundle, readBundle, type Progress } from '../../scripts/bundle/bundle.ts';
import { components } from '../../scripts/bundle/components.ts';
import { repairBundle } from '../../scripts/bundle/ensure.ts';
import { fileInTar } from '../../scripts/bundle/images/tar.ts';
import { readManifest } from '../../scripts/bundle/manifest.ts';
import { bundleFolder } from '../../scripts/bundle/pins.ts';
import { bundleStatus, findBadFiles } from '../../scripts/bundle/verify.ts';
import { cacheFolder } from '../../scripts/system/folders.ts';
import { run } from '../../scripts/system/run.ts';
import { anotherComputer, imagePath, madeElsewhere, makeWholeBundle } from './whole-bundle.ts';

const withImage = { hasMachineImage: true };
const notes = (told: readonly Progress[]): string[] => told.flatMap(({ note }) => note ?? []);

test('a corrupt image archive is found by checksum and made again, on the next build', async () => {
  await anotherComputer(withImage);
  const folder = bundleFolder();
  await makeWholeBundle(folder);
  const path = await imagePath('coredns');
  const other = await imagePath('redis');
  await truncate(join(folder, path), 3);
  const { mtimeMs } = await stat(join(folder, other));
  const told: Progress[] = [];
  await ensureBundle({ onProgress: (progress) => told.push(progress) });
  expect(notes(told)).toContain(`${path} is corrupt: it is made again`);
  expect(String(await fileInTar(join(folder, path), 'oci-layout'))).toContain('imageLayoutVersion');
  expect((await stat(join(folder, other))).mtimeMs).toBe(mtimeMs);
  expect(await findBadFiles({})).toEqual([]);
});

test('so is one of the same size, and the store of the images', async () => {
  const { dockerAsked } = await anotherComputer(withImage);
  const folder = bundleFolder();
  await makeWholeBundle(folder);
  const path = await imagePath('coredns');
  await writeFile(join(folder, path), path.toUpperCase());
  await truncate((await readBundle()).imageStore, 3);
  const { imageStore } = await ensureBundle({});
  expect(await readFile(join(folder, path), 'utf8')).not.toBe(path.toUpperCase());
  expect(await readFile(imageStore, 'utf8')).toBe('a store made again\n');
  expect(await dockerAsked()).toContain('run');
  expect(await findBadFiles({})).toEqual([]);
});

test('a file whose time alone is another is read once, and stays', async () => {
  await anotherComputer(withImage);
  const folder = bundleFolder();
  await makeWholeBundle(folder);
  const path = await imagePath('coredns');
  await utimes(join(folder, path), 1, 1);
  const told: Progress[] = [];
  await ensureBundle({ onProgress: (progress) => told.push(progress) });
  expect(notes(told)).toEqual([]);
  expect((await readManifest(folder, '')).files[path]?.modifiedAt).toBe(1000);
  expect(await readFile(join(folder, path), 'utf8')).toBe(path);
});

test('status tells what is there and what is not', async () => {
  await anotherComputer(withImage);
  const folder = bundleFolder();
  expect(await bundleStatus()).toMatchObject({ complete: false, images: false, bytes: 0 });
  await makeWholeBundle(folder);
  const whole = await bundleStatus();
  expect(whole).toMatchObject({
    complete: true,
    images: true,
    machineImage: expect.stringMatching('firedrill/machine:') as string,
  });
  expect(whole.components.map(({ name, there, source }) => [name, there, source])).toEqual(
    components.map(({ name }) => [name, true, 'good']),
  );
  await rm(join(folder, 'bin/etcdctl'));
  const lacking = (await bundleStatus()).components.filter(({ there }) => !there);
  expect(lacking.map(({ name }) => name)).toEqual(['etcd']);
  await makeWholeBundle(folder);
  await truncate(join(folder, await imagePath('coredns')), 3);
  expect(await bundleStatus()).toMatchObject({ complete: false, images: false });
});

test('a repair makes again what is corrupt or missing, and nothing else', async () => {
  await anotherComputer(withImage);
  const folder = bundleFolder();
  await makeWholeBundle(folder);
  const image = await imagePath('coredns');
  await writeFile(join(folder, 'bin/runc'), 'Program runc');
  await rm(join(folder, 'bin/vegeta'));
  await truncate(join(folder, image), 3);
  const told: Progress[] = [];
  const { bad } = await repairBundle({ from: await madeElsewhere(), onProgress: (progress) => told.push(progress) });
  expect(bad.map(({ path, why }) => `${path} ${why}`).sort()).toEqual(
    ['bin/runc corrupt', 'bin/vegeta missing', `${image} corrupt`].sort(),
  );
  expect(told.filter(({ state }) => state === 'done').map(({ component }) => component)).toEqual([
    'runc',
    'vegeta',
    'images',
  ]);
  expect(await findBadFiles({})).toEqual([]);
  expect(await bundleStatus()).toMatchObject({ complete: true });
});

test('of two runs at once the second waits, and finds everything made', async () => {
  const { dockerAsked } = await anotherComputer({ hasMachineImage: false });
  const from = await madeElsewhere();
  const told: Progress[] = [];
  const onProgress = (progress: Progress) => told.push(progress);
  const [first, second] = await Promise.all([ensureBundle({ from, onProgress }), ensureBundle({ from, onProgress })]);
  expect(second).toEqual(first);
  expect(notes(told)).toEqual([expect.stringMatching(`waiting for process ${process.pid}`)]);
  const done = told.filter(({ state, component }) => state === 'done' && component !== 'images');
  expect(done.map(({ component }) => component).sort()).toEqual(
    [...components.map(({ name }) => name), 'machine image'].sort(),
  );
  expect((await dockerAsked()).filter((word) => word === 'load')).toHaveLength(1);
  expect(await findBadFiles({})).toEqual([]);
});

test('a supply is not opened where nothing is missing', async () => {
  await anotherComputer(withImage);
  await makeWholeBundle(bundleFolder());
  const told: Progress[] = [];
  await ensureBundle({ from: '/nowhere', onProgress: (progress) => told.push(progress) });
  expect(notes(told)).toEqual([]);
  await rm(join(bundleFolder(), await imagePath('coredns')));
  await ensureBundle({ from: '/nowhere', onProgress: (progress) => told.push(progress) });
  expect(notes(told)).toContain('/nowhere is no bundle: there is no such file or folder.');
});

test('what a killed run left goes; what a living one makes now stays', async () => {
  await anotherComputer(withImage);
  await makeWholeBundle(bundleFolder());
  const { stdout: dead } = await run('sh', ['-c', 'echo $$']);
  const cache = cacheFolder();
  const left = [
    `.export-${dead.trim()}-Ab12Cd`,
    `.import-${dead.trim()}-Ab12Cd`,
    `debian/.machine-${dead.trim()}-Ab12Cd`,
  ];
  const living = [`.export-${process.pid}-Ab12Cd`, `debian/.base-${process.pid}-Ab12Cd`];
  for (const name of [...left, ...living]) await mkdir(join(cache, name, 'firedrill'), { recursive: true });
  await ensureBundle({});
  expect((await readdir(cache)).sort()).toEqual([`.export-${process.pid}-Ab12Cd`, 'bundle', 'debian']);
  expect(await readdir(join(cache, 'debian'))).toEqual([`.base-${process.pid}-Ab12Cd`]);
});
