import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cachedSource } from '../../scripts/bundle/cached.ts';
import { makeMissing } from '../../scripts/bundle/make.ts';
import { readManifest } from '../../scripts/bundle/manifest.ts';
import type { Progress } from '../../scripts/bundle/progress.ts';
import { discardBadFiles, findBadFiles } from '../../scripts/bundle/verify.ts';
import { badSource, component, goodSource, sha256, temporaryFolder } from './folder.ts';

const components = [component('alpha'), component('beta')];

test('each component is made once, with checksums in the manifest', async () => {
  const folder = await temporaryFolder();
  const source = goodSource();
  expect(await makeMissing(folder, { components, sources: [source] })).toEqual(['alpha', 'beta']);
  expect(await makeMissing(folder, { components, sources: [source] })).toEqual([]);
  expect(source.asked).toEqual(['alpha', 'beta']);
  const manifest = await readManifest(folder, '');
  expect(manifest.files['bin/alpha']).toMatchObject({ sha256: sha256('program alpha'), component: 'alpha' });
});

test('a source that fails is named with its reason, and the next is tried', async () => {
  const folder = await temporaryFolder();
  const told: Progress[] = [];
  const sources = [badSource('mirror', new Error('HTTP 404')), goodSource('second')];
  await makeMissing(folder, { components: [components[0]!], sources, onProgress: (progress) => told.push(progress) });
  expect(told.filter(({ note }) => note).map(({ source, note }) => `${source}: ${note}`)).toEqual(['mirror: HTTP 404']);
  expect(told.at(-1)).toMatchObject({ component: 'alpha', state: 'done', source: 'second' });
});

test('where no source has it, every reason is told', async () => {
  const folder = await temporaryFolder();
  const sources = [badSource('mirror', new Error('HTTP 404')), badSource('official release', new Error('no network'))];
  await expect(makeMissing(folder, { components, sources })).rejects.toMatchObject({
    code: 'bundle-source-failed',
    message: 'alpha 1.0.0 could not be had.\n  mirror: HTTP 404\n  official release: no network',
  });
});

test('a run that ended half-way is continued: what is there is not made again, leftovers go', async () => {
  const folder = await temporaryFolder();
  const first = goodSource();
  await makeMissing(folder, { components: [components[0]!], sources: [first] });
  await mkdir(join(folder, '.new-beta-1234', 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', 'beta'), 'half of b');
  const second = goodSource();
  await makeMissing(folder, { components, sources: [second] });
  expect(second.asked).toEqual(['beta']);
  expect(await readFile(join(folder, 'bin/beta'), 'utf8')).toBe('program beta');
  expect((await readdir(folder)).sort()).toEqual(['bin', 'manifest.json']);
});

test('a full disk is told as such, and what was made stays', async () => {
  const folder = await temporaryFolder();
  await makeMissing(folder, { components: [components[0]!], sources: [goodSource()] });
  const full = badSource('official release', Object.assign(new Error('write'), { code: 'ENOSPC' }));
  await expect(makeMissing(folder, { components, sources: [full, goodSource()] })).rejects.toMatchObject({
    code: 'disk-full',
    remedy: expect.stringContaining('Free some space') as string,
  });
  const last = goodSource();
  await makeMissing(folder, { components, sources: [last] });
  expect(last.asked).toEqual(['beta']);
});

test('a corrupt file and a missing one are found by checksum and made again', async () => {
  const folder = await temporaryFolder();
  await makeMissing(folder, { components, sources: [goodSource()] });
  expect(await findBadFiles({ folder })).toEqual([]);
  await writeFile(join(folder, 'bin/alpha'), 'program alphA');
  await rm(join(folder, 'bin/beta'));
  const bad = await findBadFiles({ folder });
  expect(bad.map(({ path, why }) => `${path} ${why}`)).toEqual(['bin/alpha corrupt', 'bin/beta missing']);
  await discardBadFiles(bad, folder);
  const again = goodSource();
  await makeMissing(folder, { components, sources: [again] });
  expect(again.asked).toEqual(['alpha', 'beta']);
  expect(await findBadFiles({ folder })).toEqual([]);
});

test('a damaged manifest makes everything anew', async () => {
  const folder = await temporaryFolder();
  await makeMissing(folder, { components, sources: [goodSource()] });
  await writeFile(join(folder, 'manifest.json'), '{"layout": 1, "pi');
  const again = goodSource();
  await makeMissing(folder, { components, sources: [again] });
  expect(again.asked).toEqual(['alpha', 'beta']);
});

test('a bundle of an earlier version gives what did not change, if it is whole', async () => {
  const bundles = await temporaryFolder();
  await makeMissing(join(bundles, 'old'), { components, sources: [goodSource()] });
  const fallback = goodSource();
  const own = join(bundles, 'new');
  const changed = { ...components[1]!, version: '1.0.1' };
  await makeMissing(own, { components: [components[0]!, changed], sources: [cachedSource(bundles, own), fallback] });
  expect(fallback.asked).toEqual(['beta']);
  expect(await readFile(join(own, 'bin/alpha'), 'utf8')).toBe('program alpha');
});

test('an interruption leaves no half component', async () => {
  const folder = await temporaryFolder();
  const controller = new AbortController();
  const source = {
    name: 'interrupted',
    get: () => {
      controller.abort();
      return Promise.reject(new Error('aborted'));
    },
  };
  const run = makeMissing(folder, { components, sources: [source, goodSource()], signal: controller.signal });
  await expect(run).rejects.toThrow('Interrupted.');
  expect(await readdir(folder)).toEqual([]);
});
