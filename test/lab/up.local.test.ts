import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';
import { bringUp } from '../../scripts/lab/up.ts';
import { Interrupted } from '../../scripts/system/errors.ts';
import { programPath } from '../support/program.ts';

let folder: string;
const firstPort = 31_000;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-up-'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('PATH', [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter));
  await mkdir(join(folder, 'bin'));
  // An engine that answers, and has nothing.
  const engine = `#!/bin/sh\necho "$*" >> ${folder}/asked\ncase $1 in version) echo 20.10 ;; esac\n`;
  await writeFile(join(folder, 'bin/docker'), engine);
  await chmod(join(folder, 'bin/docker'), 0o755);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Boots until the computer was looked at. Returns what was shown of that, and why it ended. */
async function boot(freeBytes: number, size?: 'single') {
  const said: string[] = [];
  const stop = new AbortController();
  const reporter = {
    action: (title: string) => ({
      update: () => undefined,
      done: (detail?: string) => {
        said.push(`${title}: ${detail ?? 'done'}`);
        stop.abort(new Interrupted());
      },
      failed: (why: string) => said.push(`${title} failed: ${why}`),
    }),
  };
  const freeMemory = () => Promise.resolve(freeBytes);
  const options = { name: 'no-such-lab', size, firstPort, signal: stop.signal, reporter, freeMemory };
  const error: unknown = await bringUp(options).catch((thrown: unknown) => thrown);
  return { said, error };
}

describe('a boot', () => {
  it('for which there is too little memory is refused, with what to do', async () => {
    const { said, error } = await boot(0.5e9);
    expect(error).toMatchObject({
      code: 'memory-short',
      message: 'Too little memory: 0.5 GB free; 6 machines need about 1.2 GB.',
      remedy: expect.stringContaining('lab up --size single') as string,
    });
    expect(said).toEqual([
      'Look at the computer failed: Too little memory: 0.5 GB free; 6 machines need about 1.2 GB.',
    ]);
  });

  it('for which it is barely enough says so, and goes on', async () => {
    const { said, error } = await boot(1.5e9);
    expect(said[0]).toMatch(
      /^Look at the computer: memory: 1\.5 GB free; 2\.3 GB is comfortable\. Close some programs/,
    );
    expect(error).toBeInstanceOf(Interrupted);
  });

  it('of one machine needs less, and enough is not worth a word', async () => {
    expect((await boot(0.9e9, 'single')).said[0]).toContain('0.9 GB free; 1.7 GB is comfortable. Close some programs.');
    expect((await boot(0.6e9, 'single')).error).toMatchObject({ remedy: 'Close some programs.' });
    expect((await boot(8e9)).said[0]).toBe('Look at the computer: done');
  });

  it.each(['virtualbox', 'parallels'] as const)(
    'of virtual machines (%s) ends at once, and does nothing',
    async (provider) => {
      const args = ['lab', 'up', '--yes', '--provider', provider];
      const ran = await execa(programPath, args, { reject: false, stdin: 'ignore' });
      expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
      expect(ran.stderr).toContain(`No lab can be booted with the provider ${provider} yet`);
      expect(ran.stderr).toMatch(/What to do: Leave '--provider' out.*README\.md, 'Providers'/);
      expect(existsSync(join(folder, 'state'))).toBe(false);
      expect(existsSync(join(folder, 'asked'))).toBe(false);
    },
    30_000,
  );

  it('of a lab of virtual machines that was rendered before ends in the same way', async () => {
    const rendered = join(folder, 'state/firedrill/labs/no-such-lab');
    await mkdir(rendered, { recursive: true });
    const layout = createLayout({ name: 'no-such-lab', provider: 'virtualbox', firstPort });
    await writeFile(join(rendered, 'machines.json'), JSON.stringify({ layout }));
    expect(await boot(8e9)).toMatchObject({ said: [], error: { code: 'provider-not-usable', exitCode: 2 } });
  });
});
