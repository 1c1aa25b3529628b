import { expect, test } from 'vitest';
import { dockerfileOf, hashOfRoot } from '../../../scripts/bundle/images/debian-root.ts';
import { machineImageTag, machineRoot, parsePackages } from '../../../scripts/bundle/machine-image/machine-image.ts';

test('packages are the words of the list, without its comments', () => {
  expect(parsePackages('# all\nsystemd\n\n  curl # to look\n')).toEqual(['systemd', 'curl']);
});

test('the tag follows the list and the files', async () => {
  const root = await machineRoot();
  expect(await machineImageTag()).toBe(`firedrill/machine:${await hashOfRoot(root)}`);
  expect(await hashOfRoot({ ...root, packages: root.packages.slice(1) })).not.toBe(await hashOfRoot(root));
  expect(await hashOfRoot({ ...root, overlay: root.overlay!.slice(1) })).not.toBe(await hashOfRoot(root));
});

test('HAProxy is there, and does not start by itself', async () => {
  const root = await machineRoot();
  expect(root.packages).toContain('haproxy');
  expect(root.finish).toMatch(/for unit in[^;]* haproxy\.service; do\n +ln -sf \/dev\/null/);
});

test('docker makes it of the same list, files and last step', async () => {
  const root = await machineRoot();
  const dockerfile = dockerfileOf(root);
  for (const name of root.packages) expect(dockerfile).toContain(name);
  expect(dockerfile.indexOf('ADD overlay.tar /')).toBeGreaterThan(dockerfile.indexOf('apt-get install'));
  expect(dockerfile).toContain(JSON.stringify(root.finish));
  expect(root.overlay!.find(({ name }) => name === 'entry')?.mode).toBe(0o755);
});
