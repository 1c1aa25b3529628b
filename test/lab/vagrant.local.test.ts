import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { vagrant } from '../../scripts/lab/vagrant.ts';

/** A `vagrant` that is this script, and a state folder of the test's own. */
async function vagrantIs(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-vagrant-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  await writeFile(join(folder, 'vagrant'), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, 'vagrant'), 0o755);
  vi.stubEnv('PATH', [folder, process.env['PATH'] ?? ''].join(delimiter));
  vi.stubEnv('XDG_STATE_HOME', folder);
  return folder;
}

test("Vagrant has a home of its own among the lab's files, also where the person has named another", async () => {
  const folder = await vagrantIs('echo "$VAGRANT_HOME"');
  const home = (lab: string) => `${join(folder, 'firedrill/labs', lab, 'vagrant-home')}\n`;
  expect(await vagrant('one', ['status'])).toBe(home('one'));
  vi.stubEnv('VAGRANT_HOME', '/mine/vagrant.d');
  expect(await vagrant('two', ['status'])).toBe(home('two'));
});

test.each([
  [
    'all of its errors, without the lines of its own code',
    "echo done; printf 'e3 failed:\\nNo image\\n/usr/x.rb:10:in \\140y\\ne1 failed' >&2",
    'e3 failed:\nNo image\ne1 failed',
  ],
  ['the end of what it said, where there is no error', 'seq 20', '9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20'],
])('where Vagrant fails, %s is told', async (_, script, said) => {
  await vagrantIs(`${script}\nexit 1`);
  await expect(vagrant('one', ['up'])).rejects.toMatchObject({ message: `'vagrant up' failed:\n${said}` });
});
