import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lookAtBundle } from '../../scripts/commands/setup.ts';
import { ensureBundle, readBundle, type Progress } from '../../scripts/bundle/bundle.ts';
import { exportBundle } from '../../scripts/bundle/export.ts';
import { supplyFor, wholeSupplyFor } from '../../scripts/bundle/find-supply.ts';
import { bundleFolder, pinsOfAll } from '../../scripts/bundle/pins.ts';
import { readManifest, writeManifest } from '../../scripts/bundle/manifest.ts';
import { components } from '../../scripts/bundle/components.ts';
import { serveBundle } from '../../scripts/bundle/serve.ts';
import { openSupply } from '../../scripts/bundle/supply.ts';
import { findBadFiles } from '../../scripts/bundle/verify.ts';
import { cacheFolder } from '../../scripts/system/folders.ts';
import { runOrThrow } from '../../scripts/system/run.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { anotherComputer, imagePath, madeElsewhere, makeWholeBundle } from './whole-bundle.ts';

/** A checkout without git, as small as can be. */
async function smallKit(): Promise<string> {
  const kit = join(await temporaryFolder(), 'kit');
  await mkdir(join(kit, 'scripts'), { recursive: true });
  await mkdir(join(kit, 'node_modules/node/bin'), { recursive: true });
  await writeFile(join(kit, 'scripts/firedrill'), '#!/bin/sh\n');
  await chmod(join(kit, 'scripts/firedrill'), 0o755);
  await writeFile(join(kit, 'node_modules/node/bin/node'), 'Node.js');
  return kit;
}

/** An export of a whole bundle: the file, and the folder that it is unpacked to. */
async function exported(): Promise<{ file: string; folder: string }> {
  await anotherComputer({ hasMachineImage: true });
  await makeWholeBundle(bundleFolder());
  const stick = await temporaryFolder();
  const { path, sha256: sum } = await exportBundle(join(stick, 'firedrill.tar.gz'), { kit: await smallKit() });
  expect(sha256(await readFile(path))).toBe(sum);
  expect(await readdir(stick)).toEqual(['firedrill.tar.gz']);
  expect(await readdir(cacheFolder())).toEqual(['bundle']);
  await runOrThrow('tar', ['-xzf', path, '-C', stick]);
  return { file: path, folder: join(stick, 'firedrill') };
}

test.each(['file', 'folder'] as const)(
  'the %s of an export fills the cache of a computer without a network',
  async (which) => {
    const from = (await exported())[which];
    const { dockerAsked } = await anotherComputer({ hasMachineImage: false });
    const told: Progress[] = [];
    await ensureBundle({ from, onProgress: (progress) => told.push(progress) });
    expect(told.flatMap(({ note }) => note ?? [])).toEqual([]);
    const programs = told.filter(({ state, component }) => state === 'done' && !/image/.test(component));
    expect(programs.map(({ component, source }) => [component, source])).toEqual(
      components.map(({ name }) => [name, from]),
    );
    expect(await dockerAsked()).toContain('load');
    expect(await dockerAsked()).not.toContain('run');
    expect(await findBadFiles({})).toEqual([]);
    expect(await readBundle()).toMatchObject({ folder: bundleFolder() });
  },
);

test('an export holds the kit, and a README with the commands in the order in which they work', async () => {
  const { folder } = await exported();
  expect((await readdir(folder)).sort()).toEqual(['README.txt', 'bundle', 'kit', 'machine-image.tar']);
  expect(await readFile(join(folder, 'kit/node_modules/node/bin/node'), 'utf8')).toBe('Node.js');
  expect((await stat(join(folder, 'kit/scripts/firedrill'))).mode & 0o777).toBe(0o755);
  const text = await readFile(join(folder, 'README.txt'), 'utf8');
  const commands = [...text.matchAll(/^ {2}(\S.*?)(?: {3}.*)?$/gm)].map(([, command]) => command);
  // Docker takes the machine image: so setup, which starts it, is first. It wants nothing that only builds.
  expect(commands.slice(-5)).toEqual([
    'cd kit',
    'scripts/firedrill setup',
    'scripts/firedrill bundle build --from ..',
    'scripts/firedrill doctor',
    'scripts/firedrill',
  ]);
});

test('an export under another name is refused', async () => {
  await expect(exportBundle('firedrill.zip')).rejects.toMatchObject({ code: 'usage', exitCode: 2 });
});

test('a bundle made elsewhere is found: as asked for, by the environment, beside the kit', async () => {
  await anotherComputer({ hasMachineImage: false });
  const top = await madeElsewhere();
  const kit = join(top, 'kit');
  expect(await supplyFor(undefined, kit)).toBe(top);
  expect(await supplyFor(undefined, join(kit, 'deeper'))).toBeUndefined();
  vi.stubEnv('FIREDRILL_BUNDLE', 'http://10.1.2.3:8470');
  expect(await supplyFor(undefined, kit)).toBe('http://10.1.2.3:8470');
  expect(await supplyFor('firedrill.tar.gz', kit)).toBe('firedrill.tar.gz');
});

test('setup needs nothing to build with where such a bundle has everything', async () => {
  await anotherComputer({ hasMachineImage: false });
  const top = await madeElsewhere();
  expect(await lookAtBundle()).toEqual({ lacking: expect.stringContaining('not complete') as string });
  vi.stubEnv('FIREDRILL_BUNDLE', top);
  expect(await lookAtBundle()).toMatchObject({ supply: top });
  expect(await lookAtBundle('/nowhere')).not.toHaveProperty('supply');
  vi.stubEnv('FIREDRILL_BUNDLE', '');
  const folder = join(top, 'bundle');
  const whole = await readManifest(folder, pinsOfAll());
  for (const change of [
    { machineImage: 'firedrill/machine:older' },
    { components: { ...whole.components, runc: undefined } },
  ]) {
    await writeManifest(folder, JSON.parse(JSON.stringify({ ...whole, ...change })) as typeof whole);
    expect(await wholeSupplyFor(top)).toBeUndefined();
  }
});

test('a mirror hands the bundle to eight at once; one that is broken off goes on where it was', async () => {
  await anotherComputer({ hasMachineImage: true });
  const large = await imagePath('redis');
  await makeWholeBundle(bundleFolder(), { [large]: 3e6 });
  const end = new AbortController();
  const url = Promise.withResolvers<string>();
  const packed = Promise.withResolvers<string>();
  const served = serveBundle({
    port: 0,
    host: '127.0.0.1',
    kit: await smallKit(),
    signal: end.signal,
    onStep: (line) => {
      const from = /--from (\S+)/.exec(line)?.[1];
      if (from) url.resolve(from);
      const sum = /^sha256 of \S+: (\w+)/.exec(line)?.[1];
      if (sum) packed.resolve(sum);
    },
  });
  served.catch(url.reject);
  const mirror = await url.promise;
  expect(mirror).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);

  const client = async (breaksOff: boolean): Promise<void> => {
    const folder = await temporaryFolder();
    const supply = await openSupply(mirror, { components, retries: 0 });
    let firstBytes: number | undefined;
    if (breaksOff) {
      const broken = new AbortController();
      const half = supply.get(large, join(folder, large), {
        signal: broken.signal,
        onBytes: (done) => {
          if (done > 1e6) broken.abort();
        },
      });
      await expect(half).rejects.toThrow('Interrupted.');
    }
    // `get` compares the checksum with the one in the manifest.
    for (const path of [large, 'bin/etcd', 'older/kubelet']) {
      const onBytes = (done: number) => (firstBytes ??= path === large ? done : undefined);
      await supply.get(path, join(folder, path), { onBytes });
      expect((await stat(join(folder, path))).size).toBe(supply.manifest.files[path]?.size);
    }
    if (breaksOff) expect(firstBytes).toBeGreaterThan(1e6);
    else expect(firstBytes).toBeLessThan(1e6);
  };
  await Promise.all(Array.from({ length: 8 }, (_, index) => client(index === 0)));

  const sum = await packed.promise;
  const archive = await fetch(`${mirror}/firedrill.tar.gz`);
  expect(sha256(Buffer.from(await archive.arrayBuffer()))).toBe(sum);
  end.abort();
  await expect(served).rejects.toThrow('Interrupted.');
  expect(await readdir(cacheFolder())).toEqual(['bundle']);
});
