import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { packArchive } from '../../scripts/bundle/archive.ts';
import { makeMissing } from '../../scripts/bundle/make.ts';
import { readManifest, writeManifest } from '../../scripts/bundle/manifest.ts';
import { listen } from '../../scripts/bundle/serve.ts';
import { openSupply, supplySource } from '../../scripts/bundle/supply.ts';
import { component, goodSource, temporaryFolder } from './folder.ts';
import { serveOnLoopback, stalled, type Answer } from './server.ts';

const components = [component('alpha'), component('beta')];
const options = { components, stallSeconds: 10, retries: 0 };

async function madeBundle(): Promise<string> {
  const folder = await temporaryFolder();
  await makeMissing(folder, { components, sources: [goodSource()] });
  return folder;
}

/** Fills an empty folder from a supply, with a fallback that tells what the supply could not give. */
async function fillFrom(from: string, stallSeconds = options.stallSeconds) {
  const folder = await temporaryFolder();
  vi.stubEnv('XDG_CACHE_HOME', folder);
  const supply = await openSupply(from, { ...options, stallSeconds });
  const fallback = goodSource();
  const notes: string[] = [];
  await makeMissing(join(folder, 'made'), {
    components,
    sources: [supplySource(supply), fallback],
    onProgress: ({ note }) => note !== undefined && notes.push(note),
  });
  await supply.close();
  return { alpha: await readFile(join(folder, 'made/bin/alpha'), 'utf8'), fallback: fallback.asked, notes };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a served bundle fills a cache', async () => {
  const server = await listen(await madeBundle(), 0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await fillFrom(url)).toEqual({ alpha: 'program alpha', fallback: [], notes: [] });
});

test('a mirror serves nothing outside its folder', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'secret'), 'secret');
  await mkdir(join(folder, 'served'));
  const server = await listen(join(folder, 'served'), 0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['/../secret', '/%2e%2e/secret', '/..%2fsecret', '/%2e%2e%2fsecret']) {
    expect((await fetch(base + path)).status).toBe(404);
  }
});

test.each(['firedrill.tar.gz', 'firedrill.tar.zst'])('an exported file (%s) fills a cache', async (name) => {
  const stage = await temporaryFolder();
  await mkdir(join(stage, 'firedrill'));
  await rename(await madeBundle(), join(stage, 'firedrill', 'bundle'));
  // Larger than what a compressor takes at once.
  await writeFile(join(stage, 'firedrill', 'machine-image.tar'), randomBytes(6 << 20));
  await packArchive(stage, 'firedrill', join(stage, name));
  expect(await fillFrom(join(stage, name))).toEqual({ alpha: 'program alpha', fallback: [], notes: [] });
  expect(await fillFrom(join(stage, 'firedrill'))).toEqual({ alpha: 'program alpha', fallback: [], notes: [] });
});

test('what a mirror gives wrong, broken or not at all comes from the next source', async () => {
  const made = await madeBundle();
  const manifest = await readFile(join(made, 'manifest.json'));
  const beta = Buffer.from('program beta');
  // A connection that ends early, each time.
  const short: Answer = (_request, response) => {
    response.writeHead(200, { 'Content-Length': beta.length });
    response.write(beta.subarray(0, 3), () => response.destroy());
  };
  const wrong = { '/manifest.json': manifest, '/bin/alpha': 'program alphA', '/bin/beta': short };
  const first = await serveOnLoopback(wrong);
  expect(await fillFrom(first.url)).toMatchObject({ alpha: 'program alpha', fallback: ['alpha', 'beta'] });
  first.close();
  const second = await serveOnLoopback({ '/manifest.json': manifest, '/bin/beta': stalled(beta, 3) });
  const { fallback, notes } = await fillFrom(second.url, 0.5);
  second.close();
  expect(fallback).toEqual(['alpha', 'beta']);
  expect(notes).toEqual([expect.stringContaining('HTTP 404'), expect.stringContaining('stalled')]);
});

test('a bundle of another version, a stray path, a damaged file and none at all are refused with a remedy', async () => {
  const made = await madeBundle();
  await expect(
    openSupply(made, { ...options, components: [{ ...components[0]!, version: '2' }] }),
  ).rejects.toMatchObject({ code: 'bundle-other-version' });
  const manifest = await readManifest(made, '');
  const entry = manifest.files['bin/alpha']!;
  await writeManifest(made, { ...manifest, files: { 'bin/../../../.profile': entry } });
  await expect(openSupply(made, options)).rejects.toThrow(/names 'bin\/..\/..\/..\/.profile'/);
  vi.stubEnv('XDG_CACHE_HOME', made);
  await writeFile(join(made, 'broken.tar.gz'), 'not an archive');
  await expect(openSupply(join(made, 'broken.tar.gz'), options)).rejects.toMatchObject({ code: 'bundle-unreadable' });
  await expect(openSupply(join(made, 'absent'), options)).rejects.toMatchObject({ code: 'bundle-unreadable' });
});
