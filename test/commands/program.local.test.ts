import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runInFolder } from '../support/in-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Seconds that a test may take: a few starts of the program on a busy computer. */
const patience = 30_000;

describe('the program leaves', { timeout: patience }, () => {
  it('nothing but its cache, and after uninstall not even that', async () => {
    await mkdir(join(folder, 'tmp'));
    const places = { XDG_CACHE_HOME: join(folder, 'cache'), TMPDIR: join(folder, 'tmp') };
    // Without a docker there can be no lab to ask about.
    const uninstalled = await runInFolder(folder, ['uninstall'], { ...places, PATH: '/nowhere' });
    expect(uninstalled).toMatchObject({ code: 0, out: 'There is nothing to remove.\n' });
    expect(await readdir(folder)).toEqual(['tmp']);
    expect(await runInFolder(folder, ['list'], places)).toMatchObject({ code: 0 });
    expect((await readdir(folder)).sort()).toEqual(['cache', 'tmp']);
    expect(await readdir(join(folder, 'cache/firedrill/node'))).toHaveLength(1);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });
});

describe('an error that nobody expected', { timeout: patience }, () => {
  const progress = () => join(folder, 'state/firedrill/progress.json');

  it('ends with 3, and its stack is in a log that is named', async () => {
    await mkdir(progress(), { recursive: true });
    const ran = await runInFolder(folder, ['list']);
    const log = join(folder, 'state/firedrill/errors.log');
    expect(ran.code).toBe(3);
    expect(ran.error).toMatch(/did not expect: EISDIR/);
    expect(ran.error).toContain(`What to do: Report it, with what ${log} says of it.`);
    expect(ran.error).not.toMatch(/^\s+at /m);
    expect(await readFile(log, 'utf8')).toMatch(/^\d{4}-\S+ firedrill list\nError: EISDIR[^]*\n {4}at /);
  });

  it('shows its stack with --verbose', async () => {
    await mkdir(progress(), { recursive: true });
    const ran = await runInFolder(folder, ['list', '--verbose']);
    expect(ran.code).toBe(3);
    expect(ran.error).toMatch(/^\s+at .*progress\.ts/m);
  });

  it('asks for --verbose where no log can be written', async () => {
    const ran = await runInFolder(folder, ['list'], { XDG_STATE_HOME: '/dev/null/state' });
    expect(ran.code).toBe(3);
    expect(ran.error).toContain('What to do: Run it again with --verbose');
  });
});
