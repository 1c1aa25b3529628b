import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { bundleFolder } from '../../scripts/bundle/pins.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { anotherComputer, madeElsewhere, makeWholeBundle } from '../bundle/whole-bundle.ts';

const firedrill = (args: readonly string[], env: Record<string, string> = {}) =>
  execa(join(checkoutFolder, 'scripts', 'firedrill'), args, { env, reject: false, stdin: 'ignore' });

const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

test('bundle status tells what is there, and by its exit code whether that is all', async () => {
  await anotherComputer({ hasMachineImage: true });
  expect(await firedrill(['bundle', 'status'])).toMatchObject({
    exitCode: 1,
    stdout: matching(/^etcd +[\d.]+ +missing$[^]*^Not complete: run 'npx firedrill bundle build'\.$/m),
  });
  await makeWholeBundle(bundleFolder());
  expect(await firedrill(['bundle', 'status'])).toMatchObject({
    exitCode: 0,
    stdout: matching(/^etcd +[\d.]+ +there \(good\)$/m),
  });
});

/** A bundle in the cache with one program that is not what it was. */
async function corruptBundle(): Promise<string> {
  await anotherComputer({ hasMachineImage: true });
  await makeWholeBundle(bundleFolder());
  const path = join(bundleFolder(), 'bin/runc');
  await writeFile(path, 'Program runc');
  return path;
}

test('bundle verify names a corrupt file', async () => {
  await corruptBundle();
  expect(await firedrill(['bundle', 'verify'])).toMatchObject({
    exitCode: 1,
    stdout: matching(/^bin\/runc is corrupt$/m),
  });
});

test('bundle verify --repair makes it again', async () => {
  const path = await corruptBundle();
  const env = { FIREDRILL_BUNDLE: await madeElsewhere() };
  expect(await firedrill(['bundle', 'verify', '--repair'], env)).toMatchObject({
    exitCode: 0,
    stdout: matching(/^runc: done, from \/.*$[^]*^bin\/runc was corrupt$/m),
  });
  expect(await readFile(path, 'utf8')).toBe('program runc');
});
