import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { runInFolder, type Said } from '../support/in-folder.ts';

const lab = 'firedrill-test';
const progress = '{"version":1,"lessons":{"01-kept":{"steps":{}}}}';
let folder: string;
/** The only folder of PATH. */
let bin: string;

/** A lab that was made once, as its files tell, and somebody's progress. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-'));
  bin = join(folder, 'bin');
  await mkdir(bin);
  const labFolder = join(folder, 'state/firedrill/labs', lab);
  await mkdir(labFolder, { recursive: true });
  const layout = createLayout({ name: lab, subnet: '10.0.13.0/24', firstPort: 9700 });
  await writeFile(join(labFolder, 'machines.json'), JSON.stringify({ layout }));
  await writeFile(join(folder, 'state/firedrill/progress.json'), progress);
  // Else it would be asked whether the network has one.
  await standIn('go', 'echo go version go1.26.1 linux/amd64');
});

afterEach(async () => {
  expect(await readFile(join(folder, 'state/firedrill/progress.json'), 'utf8'), 'progress is not lost').toBe(progress);
  expect(await readdir(join(folder, 'state/firedrill/labs', lab)), 'no lock is left').toEqual(['machines.json']);
  await rm(folder, { recursive: true });
});

const whereIs = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((one) => join(one, program))
    .find((path) => existsSync(path));

const standIn = (name: string, script: string): Promise<void> =>
  writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

function firedrill(
  args: readonly string[],
  { wrapper = [], ...environment }: { wrapper?: readonly string[]; DOCKER_HOST?: string } = {},
): Promise<Said> {
  const places = { XDG_CACHE_HOME: join(folder, 'cache'), XDG_RUNTIME_DIR: folder, PATH: bin, DOCKER_HOST: '' };
  const lessons = { FIREDRILL_LAB: lab, FIREDRILL_LESSONS: join(checkoutFolder, 'lessons') };
  return runInFolder(folder, args, { ...places, ...lessons, ...environment }, wrapper);
}

/** What a person is told: exit code, what happened, what to do now. */
function expectTold(ran: Said, code: number, happened: RegExp | string, remedy: RegExp | string): void {
  expect(ran, ran.out + ran.error).toMatchObject({ code });
  expect(ran.error).toMatch(happened);
  expect(ran.error).toMatch(remedy);
  // A stack is for programmers, and so is the name that the kernel has for what went wrong.
  expect(ran.out + ran.error).not.toMatch(/^\s+at |spawn|ENOENT: .*docker/m);
}

const patience = 60_000;

describe('where the docker engine may not be used', { timeout: patience }, () => {
  const socket = (): string => join(folder, 'docker.sock');
  /** Root may open whatever there is; without these powers, nothing that its mode forbids. */
  const powers = '-dac_override,-dac_read_search';
  const setpriv = [whereIs('setpriv') ?? 'setpriv', '--inh-caps', powers, '--bounding-set', powers];
  const wrapper = process.getuid?.() === 0 ? setpriv : [];

  /** An engine's socket that somebody listens on, and nobody may open. */
  async function withClosedEngine(use: (environment: { DOCKER_HOST: string }) => Promise<void>): Promise<void> {
    const engine = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => engine.listen(socket(), resolve));
    try {
      await chmod(socket(), 0);
      await use({ DOCKER_HOST: `unix://${socket()}` });
    } finally {
      engine.close();
    }
  }

  /** The real program; its words where this computer has none. */
  async function addDocker(): Promise<void> {
    const real = whereIs('docker');
    if (real !== undefined) await symlink(real, join(bin, 'docker'));
    else await standIn('docker', `echo "permission denied while trying to connect to unix://${socket()}" >&2; exit 1`);
  }

  it('that is said, with the socket, and how to get the right', async (context) => {
    const [file, ...args] = [...wrapper, 'true'];
    const may = await execa(file, args, { reject: false });
    if (may.exitCode !== 0 && !process.env['CI']) context.skip('this root may not give up its powers');
    await addDocker();
    await withClosedEngine(async (environment) => {
      const commands = [
        'lab status',
        'lab up --yes',
        'lab destroy --yes',
        'lab halt',
        'bundle build',
        'bundle verify --repair',
      ];
      for (const command of commands) {
        const ran = await firedrill(command.split(' '), { ...environment, wrapper });
        expectTold(ran, 3, 'You may not use the docker engine yet.', /What to do: .*firedrill setup.* log out/);
        expect(ran.error).toMatch(new RegExp(`permission denied .*${socket()}`));
      }
      const doctor = await firedrill(['doctor'], { ...environment, wrapper });
      expect(doctor, doctor.error).toMatchObject({ code: 1, error: '' });
      expect(doctor.out).toMatch(/^problem +docker engine +it runs, and you may not use it\n +-> .*firedrill setup/m);
      expect(doctor.out).toMatch(/^You are not ready yet. What is missing: .*docker engine/m);
    });
  });
});

describe('where there is no docker program', { timeout: patience }, () => {
  it.each([[['lab', 'status']], [['lab', 'destroy', '--yes']], [['lab', 'halt']], [['bundle', 'build']]])(
    '%j says so, and that setup installs it',
    async (args) => {
      expectTold(await firedrill(args), 3, "There is no program 'docker'", /What to do: .*npx firedrill setup/);
    },
  );

  it('also where the engine is elsewhere', async () => {
    const ran = await firedrill(['lab', 'up', '--yes'], { DOCKER_HOST: 'unix:///nonexistent' });
    expectTold(ran, 3, "There is no program 'docker'", /What to do: .*npx firedrill setup/);
  });

  it('`lab up` says what it would install, and does nothing without a yes', async () => {
    await standIn('apt-get', `echo > ${folder}/installed`);
    const ran = await firedrill(['lab', 'up']);
    expect([2, 3], ran.out + ran.error).toContain(ran.code);
    expect(ran.out + ran.error).toMatch(/docker/);
    // By itself it installs packages on Debian and Ubuntu, where it may become root.
    expect(ran.error).toMatch(/What to do: (Say yes beforehand with 'npx firedrill setup --yes'|As root:|Run:)/);
    expect(ran.error).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, 'installed'))).toBe(false);
  });

  it('`check` cannot tell, says why, and that setup installs it', async () => {
    const [ran, json] = await Promise.all([
      firedrill(['check', '1', '--step', '3']),
      firedrill(['check', '1', '--step', '3', '--json']),
    ]);
    expect(ran, ran.error).toMatchObject({ code: 3, error: '' });
    expect(ran.out).toMatch(/cannot tell: the API server does not answer/);
    expect(ran.out).toMatch(/^There is no program 'docker'.*\nWhat to do: .*npx firedrill setup/m);
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({
      verdict: 'unknown',
      remark: expect.stringContaining("no program 'docker'") as string,
    });
  });
});

describe('where the engine stops half-way', { timeout: patience }, () => {
  it('that is the explanation, and not what failed because of it', async () => {
    // It told of a machine, and then it was gone.
    const gone = 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1';
    await standIn('docker', `case $1 in ps) printf 'abc\\te1\\trunning\\n' ;; *) ${gone} ;; esac`);
    expectTold(
      await firedrill(['lab', 'halt']),
      3,
      /^firedrill: The docker engine does not answer any more\.\n {2}Cannot connect to the Docker daemon/m,
      /What to do: .*npx firedrill setup.* Then run the same again: it goes on where it stopped\./,
    );
  });
});

describe('where a machine does not run', { timeout: patience }, () => {
  it('`check` names it, and what brings it back', async () => {
    const machines = ['e1', 'e2', 'e3', 'c1', 'w1', 'w2'];
    const listed = machines.map((name) => `id-${name}\\t${name}\\t${name === 'w1' ? 'exited' : 'running'}\\n`).join('');
    await standIn('docker', `printf '${listed}'`);
    const ran = await firedrill(['check', '1', '--step', '3']);
    expect(ran, ran.error).toMatchObject({ code: 3, error: '' });
    expect(ran.out).toMatch(/^w1 does not run: 'npx firedrill lab up' brings it back\.$/m);
  });
});
