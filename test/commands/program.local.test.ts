import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';
import { runInFolder, type Said } from '../support/in-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-'));
});
afterEach(() => rm(folder, { recursive: true }));

const firedrill = (...args: string[]): Promise<Said> => runInFolder(folder, args);
const json = (said: Said): unknown => JSON.parse(said.out);

/** Programs of the test's own, before all others or instead of them. */
async function programs(scripts: Record<string, string>): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return bin;
}

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

it('tells its version', { timeout: patience }, async () => {
  expect(await firedrill('--version')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
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

describe('hint', { timeout: patience }, () => {
  it('says more each time, at last what is missing, and is kept', async () => {
    const hint = async () => json(await firedrill('hint', '--json'));
    await firedrill('start', '1', '--from', '2', '--auto');
    await rm(join(folder, 'lamps'), { recursive: true });
    const progress = join(folder, 'state/firedrill/progress.json');
    const kept = JSON.parse(await readFile(progress, 'utf8')) as { lessons: Record<string, { current?: string }> };
    kept.lessons['01-light-a-lamp']!.current = 'Light it';
    await writeFile(progress, JSON.stringify(kept));
    const step = { lesson: '01-light-a-lamp', step: 'Light it' };
    expect(await hint()).toEqual({ ...step, tier: 1, text: 'Is there a file `hall`?' });
    expect(await hint()).toMatchObject({ ...step, tier: 2 });
    expect(await hint()).toMatchObject({ tier: 3, text: expect.stringContaining('echo on > "$LAMPS/hall"') as string });
    expect(await hint()).toMatchObject({ tier: 4, text: expect.stringContaining('there is no such lamp') as string });
    expect((await firedrill('progress')).out).toContain('Light it: reached, commands run for you, 4 hints');
  });

  it('is not needed where there is only something to read', async () => {
    expect(json(await firedrill('hint', '1', '--json'))).toMatchObject({ step: 'What a lamp is', tier: 0 });
    expect((await firedrill('hint', '1')).out).toBe('This step is there to be read: it needs no hint.\n');
  });
});

describe('progress', { timeout: patience }, () => {
  it('is shown, exported and imported, in words and as JSON', async () => {
    expect((await firedrill('progress')).out).toContain("Begin with 'npx firedrill start 1'");
    await firedrill('start', '1', '--auto');
    const exported = join(folder, 'exported.json');
    expect((await firedrill('progress', 'export', exported)).out).toBe(`Your progress is in ${exported}.\n`);
    expect(json(await firedrill('progress', 'export', exported, '--json'))).toEqual({ file: exported });
    const shown = (await firedrill('progress', 'show', '--json')).out;
    expect(JSON.parse(await readFile(exported, 'utf8'))).toEqual(JSON.parse(shown));
    expect(shown).toContain('"finishedAt"');
    const imported = json(await firedrill('progress', 'import', exported, '--json'));
    const keptAs = expect.stringContaining('progress.json.before-import-') as string;
    expect(imported).toEqual({ imported: exported, kept: keptAs });
  });

  it('that a full disk does not take is told, with what to do, and the lesson goes on', async (context) => {
    const small = join(folder, 'state');
    await mkdir(small);
    const script =
      'mount -t tmpfs -o size=64k tmpfs "$0" && mkdir "$0/firedrill" && { dd if=/dev/zero of="$0/ballast" bs=4k 2>/dev/null; exec "$@"; }';
    // In a mount namespace of its own: the small disk is gone with the process.
    const args = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', script, small];
    const may = await promisify(execFile)('unshare', [...args, 'true']).catch(() => undefined);
    if (!may && !process.env['CI']) context.skip('this user may not mount a small disk');
    const ran = await runInFolder(folder, ['start', '1', '--auto'], {}, ['unshare', ...args]);
    expect(ran.code).toBe(3);
    expect(ran.out).toContain('could not be written');
    expect(ran.out).toContain('✔ lamp hall is on');
    expect(ran.error).toMatch(/could not be written to .*\n {2}ENOSPC[^]*What to do: Is the disk full/);
  });
});

describe('reset without a lab', { timeout: patience }, () => {
  it('of a lesson that needs none brings back its start, and says what will be lost', async () => {
    await firedrill('start', '1', '--auto');
    const asked = await firedrill('reset');
    expect(asked).toMatchObject({ code: 2, out: '' });
    expect(asked.error).toContain('Give --yes.');
    expect(existsSync(join(folder, 'lamps'))).toBe(true);
    const ran = await firedrill('reset', '--yes');
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(
      /^This brings you to the start of lesson 1, .*\nLost: what you made in this lesson\.\nKept: /,
    );
    expect(ran.out).toContain('Lesson 1 can start: its baseline was proven');
    expect(existsSync(join(folder, 'lamps'))).toBe(false);
    const again = await firedrill('reset', '--to', '1', '--yes', '--json');
    expect(json(again)).toMatchObject({ lesson: '01-light-a-lamp', way: 'no-lab', mended: [] });
  });

  it('of another lesson says that the lab is missing', async () => {
    const kit = join(folder, 'kit');
    await mkdir(join(kit, '01-needs-one'), { recursive: true });
    const model = join(import.meta.dirname, '../../scripts/course/model.ts');
    const definition = "{ minutes: 5, summary: 'x', needs: 'lab', baseline: [], steps: { Look: read } }";
    await writeFile(
      join(kit, '01-needs-one/lesson.ts'),
      `import { defineLesson, read } from '${model}';\nexport default defineLesson(${definition});\n`,
    );
    await writeFile(join(kit, '01-needs-one/README.md'), '# Needs one\n\n## Look\n\nLook.\n');
    const ran = await runInFolder(folder, ['reset', '--to', '1', '--yes'], { FIREDRILL_LESSONS: kit });
    expect(ran.code).toBe(3);
    expect(ran.error).toContain("There is no lab 'firedrill' yet.");
  });
});

describe('check', { timeout: patience }, () => {
  it('ends with 3 where it cannot tell', async () => {
    await mkdir(join(folder, 'lamps/hall'), { recursive: true });
    const ran = await firedrill('check', '1', '--step', '2', '--json');
    expect(ran.code).toBe(3);
    expect(json(ran)).toMatchObject({ verdict: 'unknown' });
  });
});

describe('on a computer without docker', { timeout: patience }, () => {
  it('setup --dry-run says what it would install, and does nothing', async () => {
    const PATH = await programs({
      go: 'echo go version go1.26.1 linux/amd64',
      'apt-get': `echo > ${folder}/installed`,
    });
    const [said, plan] = await Promise.all([
      runInFolder(folder, ['setup', '--dry-run'], { PATH }),
      runInFolder(folder, ['setup', '--dry-run', '--json'], { PATH }),
    ]);
    expect([said.code, plan.code]).toEqual([0, 0]);
    for (const missing of ['docker', 'vagrant']) expect(said.out).toContain(missing);
    expect(json(plan)).toBeTypeOf('object');
    expect(existsSync(join(folder, 'installed'))).toBe(false);
  });

  it('doctor --report writes what it found, without names; or says where it cannot', async () => {
    const PATH = await programs({ go: 'echo go version go1.26.1 linux/amd64' });
    const report = join(folder, 'report.md');
    const ran = await runInFolder(folder, ['doctor', '--report', report], { PATH });
    expect(ran.code).toBe(1);
    expect(ran.out).toContain(`Written to ${report}`);
    const text = await readFile(report, 'utf8');
    expect(text).toContain('docker engine');
    expect(text).not.toContain(folder);
    const nowhere = await runInFolder(folder, ['doctor', '--report', '/nowhere/report.md'], { PATH });
    expect(nowhere.code).toBe(3);
    expect(nowhere.error).toContain('What to do: Name a file in a folder that is there');
  });
});

describe('the lab', { timeout: patience }, () => {
  it('is not destroyed where nobody said yes', async () => {
    // An engine would be asked for what there is to remove.
    const PATH = await programs({ docker: `echo > ${folder}/asked` });
    for (const flags of [[], ['--json']]) {
      const ran = await runInFolder(folder, ['lab', 'destroy', ...flags], { PATH });
      expect(ran).toMatchObject({ code: 2, out: '' });
      expect(ran.error).toContain("What to do: Say yes beforehand: 'npx firedrill lab destroy --yes'.");
    }
    expect(existsSync(join(folder, 'asked'))).toBe(false);
  });

  it('that was halted says so as JSON', async () => {
    expect(json(await firedrill('lab', 'halt', '--json'))).toEqual({ lab: 'firedrill', halted: true });
  });

  it('ssh to a machine that is off ends with 3 and says what to do; an exit code of its command is passed on', async () => {
    const labFolder = join(folder, 'state/firedrill/labs/firedrill');
    await mkdir(labFolder, { recursive: true });
    await writeFile(join(labFolder, 'machines.json'), JSON.stringify({ layout: createLayout({ name: 'firedrill' }) }));
    const refused = 'echo "ssh: connect to host 127.0.0.1 port 8522: Connection refused" >&2; exit 255';
    // w1 is off. On w2 `true` ends with 0, and any other command with 255.
    const ssh = `case "$*" in *w1*) ${refused} ;; *true) exit 0 ;; *) exit 255 ;; esac`;
    const PATH = `${await programs({ ssh })}:/usr/bin:/bin`;
    const places = { PATH, XDG_RUNTIME_DIR: folder };
    const off = await runInFolder(folder, ['lab', 'ssh', 'w1', '--', 'hostname'], places);
    expect(off.code).toBe(3);
    expect(off.error).toMatch(/w1 does not answer: .*Connection refused[^]*What to do: .*npx firedrill lab up/);
    const own = await runInFolder(folder, ['lab', 'ssh', 'w2', '--', 'exit 255'], places);
    expect(own).toMatchObject({ code: 255, error: '' });
  });
});
