import { mkdtemp, readdir, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgram } from '../../scripts/commands/program.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { nearest } from '../../scripts/system/nearest.ts';
import { fixtureLessons, runInFolder, type Said } from '../support/in-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const firedrill = (...args: string[]): Promise<Said> => runInFolder(folder, args);

describe('lessons on the command line', () => {
  it('run unattended, are kept as progress, and are checked', async () => {
    const ran = await firedrill('start', '1', '--auto');
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('✔ lamp hall is on');
    const [list, check, state] = await Promise.all([
      firedrill('list', '--json'),
      firedrill('check', '1', '--step', 'light', '--json'),
      readdir(join(folder, 'state/firedrill')),
    ]);
    expect(JSON.parse(list.out)).toMatchObject([{ number: 1, title: 'Light a lamp', minutes: 5, done: 'done' }]);
    expect(JSON.parse(check.out)).toMatchObject({ verdict: 'met' });
    expect(state.sort()).toEqual(expect.arrayContaining(['events', 'progress.json']));
    await rm(join(folder, 'lamps'), { recursive: true });
    const again = await firedrill('check', '1', '--step', '2');
    expect([again.code, again.out]).toEqual([1, expect.stringContaining('there is no such lamp')]);
    // Five starts of the program: more than the default on a busy computer.
  }, 30_000);

  it('never ask without a terminal, and say how to run', async () => {
    const [started, alone] = await Promise.all([firedrill('start', '1'), firedrill()]);
    expect(started).toMatchObject({ code: 2, out: '' });
    expect(started.error).toContain('--auto --yes');
    expect(alone.code).toBe(0);
    expect(alone.out).toContain('Light a lamp');
  });

  it.each([
    [['strat'], "Did you mean 'start'?"],
    [['2', '--auto'], "Did you mean 'start 2'?"],
    [['start', '01-lihgt-a-lamp'], 'Did you mean 01-light-a-lamp?'],
    [['start', '7'], "There is no lesson '7'"],
    [['start', '1', '--from', 'Lihgt it'], "Did you mean 'Light it'?"],
    [['start', '1', '--fro', '2'], '--from'],
    [['progress', 'import', '/nowhere/x'], 'is not there'],
  ])('%j: wrong usage, exit 2, with a suggestion', async (args, message) => {
    vi.stubEnv('FIREDRILL_LESSONS', fixtureLessons);
    vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
    const program = createProgram();
    for (const one of [program, ...program.commands]) one.configureOutput({ writeErr: () => undefined });
    const error: unknown = await program.parseAsync(['node', 'firedrill', ...args]).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(message);
    // What the program makes of either is exit code 2.
    if (error instanceof FiredrillError) expect(error.exitCode).toBe(2);
    else expect(error).toBeInstanceOf(CommanderError);
  });

  it('survive a damaged progress, which is set aside with a message', async () => {
    await mkdir(join(folder, 'state/firedrill'), { recursive: true });
    await writeFile(join(folder, 'state/firedrill/progress.json'), 'rubbish');
    const first = await firedrill('start', '1', '--from', '2', '--auto');
    expect(first.out).toContain('was set aside');
    expect(first.code).toBe(0);
  });
});

describe('nearest', () => {
  it.each([
    ['strat', 'start'],
    ['lsit', 'list'],
    ['chekc', 'check'],
    ['banana', undefined],
    ['x', undefined],
  ])('%s -> %s', (typed, expected) => {
    expect(nearest(typed, ['start', 'list', 'check', 'lab'])).toBe(expected);
  });
});
