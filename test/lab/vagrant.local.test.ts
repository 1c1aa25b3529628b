import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { vagrant } from '../../scripts/lab/vagrant.ts';

test("Vagrant has a home of its own among the lab's files, also where the person has named another", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-vagrant-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  await writeFile(join(folder, 'vagrant'), '#!/bin/sh\necho "$VAGRANT_HOME"\n');
  await chmod(join(folder, 'vagrant'), 0o755);
  vi.stubEnv('PATH', [folder, process.env['PATH'] ?? ''].join(delimiter));
  vi.stubEnv('XDG_STATE_HOME', folder);
  const home = (lab: string) => `${join(folder, 'firedrill/labs', lab, 'vagrant-home')}\n`;
  expect(await vagrant('one', ['status'])).toBe(home('one'));
  vi.stubEnv('VAGRANT_HOME', '/mine/vagrant.d');
  expect(await vagrant('two', ['status'])).toBe(home('two'));
});
