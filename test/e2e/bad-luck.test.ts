import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { endContainer } from '../../scripts/lab/end-container.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { leftOfTheLab } from '../support/left.ts';
import { firedrill, programPath, testLab, type Ran } from '../support/program.ts';
import { kubectl, labIsWell, ok } from '../support/test-lab.ts';
import { StoppableEngine } from '../support/stoppable-engine.ts';

/** What a person is told: exit code, what happened, what to do now. */
function expectTold(ran: Ran, exitCode: number, happened: RegExp | string, remedy: RegExp | string): void {
  expect(ran, ran.all).toMatchObject({ exitCode });
  expect(ran.stderr).toMatch(happened);
  expect(ran.stderr).toMatch(remedy);
  // A stack is for programmers.
  expect(ran.stderr).not.toMatch(/^\s+at /m);
}

const labState = join(testLab.environment.XDG_STATE_HOME, 'firedrill/labs', testLab.name);
const progress = '{"version":1,"lessons":{"01-kept":{"steps":{}}}}';
let folder: string;
let environment: Record<string, string>;

// What other files share is in the way of these.
beforeAll(async () => {
  await ok('lab', 'destroy', '--yes');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-bad-luck-'));
  environment = { XDG_STATE_HOME: join(folder, 'state') };
  await mkdir(join(folder, 'state/firedrill'), { recursive: true });
  await writeFile(join(folder, 'state/firedrill/progress.json'), progress);
});

afterEach(async () => {
  expect(await readFile(join(folder, 'state/firedrill/progress.json'), 'utf8'), 'progress is not lost').toBe(progress);
  await rm(folder, { recursive: true });
});

/** A lab that was made once, as its files tell; nothing of it runs. */
async function renderLab(): Promise<void> {
  const layout = createLayout({ name: testLab.name, subnet: testLab.environment.FIREDRILL_SUBNET, firstPort: 9400 });
  const labFolder = join(folder, 'state/firedrill/labs', testLab.name);
  await mkdir(labFolder, { recursive: true });
  await writeFile(join(labFolder, 'machines.json'), JSON.stringify({ layout }));
}

describe('wrong words end with 2 and a suggestion:', () => {
  it.each([
    [['strat'], "Did you mean 'start'?", "'npx firedrill --help' shows all commands"],
    [['lab', 'upp'], "unknown command 'upp'", 'Did you mean up?'],
    [['lab', 'up', '--sise', 'single'], "unknown option '--sise'", 'Did you mean --size?'],
    [['lab', 'up', '--size', 'huge'], "argument 'huge' is invalid", 'Allowed choices are default, single'],
    [['lab', 'up', '--first-port', 'x'], "argument 'x' is invalid", 'It must be a whole number'],
    [['start', '01-boot-up-a-clutser'], 'Did you mean 01-boot-up-a-cluster?', 'Lessons are: 01-'],
    [['start', '77'], "There is no lesson '77'", 'Lessons are: 01-'],
    [['start', '1', '--from', '99'], "Lesson 1 has no step '99'", 'Its steps are: 1 '],
    [['reset', '--to', '77', '--yes'], "There is no lesson '77'", 'Lessons are: 01-'],
    [['lab', 'ssh', 'w9', '--', 'true'], "The lab has no machine 'w9'", 'Its machines are e1, e2, e3, c1, w1, w2'],
    [['lab', 'logs', 'worker1'], "The lab has no machine 'worker1'", 'Its machines are e1, e2, e3, c1, w1, w2'],
    [['lab', 'destroy'], 'there is nobody to ask', 'lab destroy --yes'],
    [['--lab', 'My Lab', 'lab', 'up', '--yes'], "'My Lab' cannot be the name of a lab", 'small letters'],
  ])('%j', async (args, happened, remedy) => {
    await renderLab();
    expectTold(await firedrill(args, environment), 2, happened, remedy);
  });
});

describe('a computer that is not ready:', () => {
  it('an engine that does not answer is named, with where it was looked for', async () => {
    await renderLab();
    const silent = { ...environment, DOCKER_HOST: 'unix:///nonexistent' };
    for (const args of [
      ['lab', 'up', '--yes'],
      ['lab', 'status'],
      ['lab', 'destroy', '--yes'],
    ]) {
      const ran = await firedrill(args, silent);
      expectTold(ran, 3, 'The docker engine does not answer', /DOCKER_HOST .* unix:\/\/\/nonexistent/);
    }
    expect(existsSync(join(folder, 'state/firedrill/labs', testLab.name, 'machines.json'))).toBe(true);
  });

  it('a missing vagrant is offered to be installed, and nothing is done without a yes', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter((one) =>
      existsSync(one),
    );
    for (const from of folders) {
      for (const name of await readdir(from)) {
        if (name !== 'vagrant') await symlink(join(from, name), join(bin, name)).catch(() => undefined);
      }
    }
    const ran = await firedrill(['lab', 'up'], { ...environment, PATH: bin });
    expectTold(ran, 2, 'there is nobody to ask', /firedrill setup --yes[^]*install .*vagrant/);
    expect(ran.stdout).toContain('Install 1 package: vagrant');
  });

  it('a taken port is named, and another is proposed', async () => {
    const server = await listenOn(9451);
    try {
      const ran = await firedrill(['lab', 'up', '--yes'], environment);
      expectTold(ran, 3, /something else uses what the lab needs: port 9451\./, '--first-port 10400');
      expect(await leftOfTheLab(testLab.name)).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('a taken network is named, and another is proposed', async () => {
    const other = 'firedrill-test-other-network';
    await execa('docker', ['network', 'rm', other], { reject: false });
    await execa('docker', ['network', 'create', '--subnet', '10.0.12.0/22', other]);
    try {
      const ran = await firedrill(['lab', 'up', '--yes'], environment);
      expectTold(ran, 3, `10.0.13.0/24 is taken: docker's network '${other}'`, '--subnet 10.0.9.0/24');
    } finally {
      await execa('docker', ['network', 'rm', other]);
      await firedrill(['lab', 'destroy', '--yes'], environment);
    }
    expect(await leftOfTheLab(testLab.name)).toEqual([]);
  });

  it('a full disk is named, with what to do', async (context) => {
    // In a mount namespace of its own: the small disk is gone with the process.
    const script =
      'mount -t tmpfs -o size=64k tmpfs "$XDG_CACHE_HOME" && { dd if=/dev/zero of="$XDG_CACHE_HOME/ballast" bs=4k 2>/dev/null; exec "$@"; }';
    const unshare = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', script, 'sh'];
    const cache = join(folder, 'cache');
    await mkdir(cache);
    const env = { ...testLab.environment, ...environment, XDG_CACHE_HOME: cache };
    const may = await execa('unshare', [...unshare, 'true'], { env, reject: false });
    if (may.exitCode !== 0 && !process.env['CI']) context.skip('this user may not mount a small disk');
    const ran = await execa('unshare', [...unshare, programPath, 'bundle', 'build'], {
      env,
      reject: false,
      all: true,
      stdin: 'ignore',
    });
    const told = { exitCode: ran.exitCode ?? 137, stdout: ran.stdout, stderr: ran.stderr, all: ran.all };
    expectTold(told, 3, `The disk is full: ${cache}/firedrill`, /Free some space .* what is finished is kept/);
  });
});

describe('a folder of lessons', () => {
  const model = join(checkoutFolder, 'scripts/course/model.ts');
  const code = `import { defineLesson, read } from '${model}';
export default defineLesson({ minutes: 1, summary: 'x', needs: 'none', baseline: [], steps: { Look: read } });
`;
  const page = '# A good lesson\n\n## Look\n\n```sh\ntrue\n```\n';
  const lesson = async (id: string, readme: string, definition: string): Promise<void> => {
    await mkdir(join(folder, 'lessons', id), { recursive: true });
    await writeFile(join(folder, 'lessons', id, 'README.md'), readme);
    await writeFile(join(folder, 'lessons', id, 'lesson.ts'), definition);
  };

  beforeEach(async () => {
    environment['FIREDRILL_LESSONS'] = join(folder, 'lessons');
    await lesson('01-good', page, code);
    await lesson('02-broken-page', page.replace('```sh', '```sh backgruond'), code);
    await lesson('03-broken-code', page, `import { read } from '${model}';\n\nexport default { minutes: ,\n`);
    await lesson('04-other-steps', page.replace('## Look', '## Loook'), code);
  });

  it.each([
    ['2', /02-broken-page\/README\.md:5: 'backgruond' after sh; expected any of .*background/],
    ['3', /03-broken-code\/lesson\.ts:3: cannot be loaded/],
    ['4', /04-other-steps\/README\.md:3: '## Loook'.*expected '## Look'/],
  ])('with a broken file: lesson %s says which, in which line, and what was expected', async (number, happened) => {
    const ran = await firedrill(['start', number, '--auto', '--yes'], environment);
    expectTold(ran, 3, happened, 'Correct the file');
  });

  it('with a broken lesson still has the others', async () => {
    const ran = await firedrill(['list'], environment);
    expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toContain('A good lesson');
    expect(ran.stderr.match(/A lesson cannot be read/g)).toHaveLength(3);
  });
});

describe('while the lab is up', () => {
  const kept = (): Promise<string> => kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.since}');

  beforeAll(async () => {
    await ok('lab', 'up', '--yes');
    await kubectl('create', 'configmap', 'kept', '--from-literal=since=before');
  });

  afterAll(async () => {
    await ok('lab', 'destroy', '--yes');
  });

  it('a kubeconfig that was deleted and a machine that was killed come back with `lab up`', async () => {
    await rm(join(labState, 'kubeconfig'));
    await endContainer(['kill'], `${testLab.name}-w1`);
    const status = await firedrill(['lab', 'status']);
    expect(status, status.all).toMatchObject({ exitCode: 1 });
    expect(status.stdout).toMatch(/^w1 .*exited/m);
    const on = await firedrill(['lab', 'ssh', 'w1', '--', 'true']);
    expectTold(on, 3, 'w1 does not answer', 'npx firedrill lab up');
    await ok('lab', 'up', '--yes');
    expect(await kept()).toBe('before');
  });

  it('another lab on the same ports, or the same network, is refused and leaves this one alone', async () => {
    const other = (...args: string[]) => ['--lab', 'firedrill-test-2', 'lab', ...args];
    try {
      expectTold(await firedrill(other('up', '--yes')), 3, /something else uses.*9451/, '--first-port');
      const sameNetwork = await firedrill(other('up', '--yes', '--first-port', '9800'));
      expectTold(sameNetwork, 3, `is taken: docker's network '${testLab.name}'`, 'Is it another lab?');
    } finally {
      await firedrill(other('destroy', '--yes'));
    }
    expect(await leftOfTheLab('firedrill-test-2')).toEqual([]);
    await labIsWell();
    expect(await kept()).toBe('before');
  });

  it('a lesson waits for what is just beginning anew, and asks for no boot', async () => {
    for (const name of ['c1', 'w1', 'w2']) await firedrill(['lab', 'ssh', name, '--', 'pkill', '-9', '-x', 'coredns']);
    await ok('author-check', '1');
  });

  it('a machine that is killed during a lesson is named, with what brings it back, and the lesson goes on', async () => {
    const id = '01-two-files';
    await writeLesson(join(folder, 'lessons', id));
    const env = { FIREDRILL_LESSONS: join(folder, 'lessons') };
    const keptProgress = async (): Promise<unknown> =>
      JSON.parse(await readFile(join(testLab.environment.XDG_STATE_HOME, 'firedrill/progress.json'), 'utf8'));

    const lesson = following(['start', '1', '--auto'], env);
    await lesson.untilSaid('waiting: /root/second is there on w1; saw: there is no /root/second on w1');
    await endContainer(['kill'], `${testLab.name}-w1`);
    await lesson.untilSaid(/w1 does not run: 'npx firedrill lab up', in another terminal, brings it back\./);
    await lesson.untilSaid(/saw: cannot tell yet: .{0,150}\bw1\b/);
    lesson.interrupt();
    expect(await lesson.exitCode, lesson.said()).toBe(130);

    const first = { 'Write one': { how: 'run-for-me' } };
    expect(await keptProgress()).toMatchObject({
      lesson: id,
      lessons: { [id]: { current: 'Write another', steps: first } },
    });
    const check = await firedrill(['check'], env);
    expect(check, check.all).toMatchObject({ exitCode: 3, stderr: '' });
    expect(check.stdout).toMatch(/cannot tell: w1 (does not answer|gave no answer)/);
    expect(check.stdout).toMatch(/^w1 does not run: 'npx firedrill lab up' brings it back\.$/m);

    await ok('lab', 'up', '--yes');
    // Its node counts as Ready for some seconds while nobody is there.
    const letsUsIn = async () => (await firedrill(['lab', 'ssh', 'w1', '--', 'true'])).exitCode === 0;
    await waitUntil(letsUsIn, { what: 'w1 answers', deadlineSeconds: 60 });
    for (const args of [
      ['lab', 'ssh', 'w1', '--', 'touch', '/root/second'],
      ['check'],
      ['start', '1', '--from', '2', '--auto'],
    ]) {
      const ran = await firedrill(args, env);
      expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    }
    expect(await keptProgress()).toMatchObject({
      lessons: { [id]: { finishedAt: expect.any(String) as string, steps: first } },
    });
    expect(await kept()).toBe('before');
  });

  it('members of etcd that somebody stopped are named, and a reset brings them back', async () => {
    const stop = 'systemctl kill --signal=KILL etcd; systemctl stop etcd';
    for (const name of ['e2', 'e3']) await firedrill(['lab', 'ssh', name, '--', `sh -c '${stop}'`]);
    expectTold(
      await firedrill(['start', '1', '--auto']),
      3,
      /e2 does not answer.*e3 does not answer/,
      'firedrill reset',
    );
    await ok('reset', '--yes');
    await labIsWell();
  });
});

describe('a boot', () => {
  beforeEach(async () => {
    await ok('lab', 'destroy', '--yes');
  });
  afterAll(async () => {
    await ok('lab', 'destroy', '--yes');
    expect(await leftOfTheLab(testLab.name)).toEqual([]);
  });

  it('that is asked for twice at once happens once: one waits for the other', async () => {
    const both = await Promise.all([firedrill(['lab', 'up', '--yes']), firedrill(['lab', 'up', '--yes'])]);
    for (const ran of both) expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    const waited = both.filter(({ stdout }) => stdout.includes('Another firedrill works on this lab'));
    expect(waited).toHaveLength(1);
    expect(waited[0]?.stdout).toContain(`The lab '${testLab.name}' is up`);
  });

  it('whose docker engine stops half-way says so, leaves no lock, and completes when it is run again', async () => {
    let machines = 0;
    const makesAMachine = new RegExp(`^POST \\S*/containers/create\\?\\S*name=${testLab.name}-`, 'm');
    const engine = await StoppableEngine.start(join(folder, 'docker.sock'), (request) => {
      if (!makesAMachine.test(request)) return;
      machines += 1;
      // With two of six machines made.
      if (machines === 3) engine.stop();
    });
    const env = { DOCKER_HOST: engine.host };
    try {
      const ran = await firedrill(['lab', 'up', '--yes'], env);
      const endedAt = Date.now();
      const remedy = /DOCKER_HOST says that it is at unix:.* Then run the same again: it goes on where it stopped/;
      expectTold(ran, 3, 'The docker engine does not answer any more', remedy);
      expect(ran.stdout).toMatch(/^Boot the machines \.\.\. failed after/m);
      expect(endedAt - (engine.stoppedAt ?? 0), 'milliseconds from the stop to the end').toBeLessThan(60_000);
      expect(existsSync(join(labState, 'lock'))).toBe(false);

      await engine.startAgain();
      const again = await firedrill(['lab', 'up', '--yes'], env);
      expect(again, again.all).toMatchObject({ exitCode: 0 });
      expect(again.stdout).not.toContain('A vagrant of a run that was killed');
      await labIsWell(env);
    } finally {
      engine.stop();
    }
  });

  it('beside containers and leases of ports that come and go completes, and so does a destroy beside another one', async () => {
    const { stdout } = await execa('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}', 'firedrill/machine']);
    const [image = 'no machine image'] = stdout.split('\n');
    const ended = new AbortController();
    const comesAndGoes = async (): Promise<number> => {
      let times = 0;
      for (; !ended.signal.aborted; times += 1)
        await execa('docker', ['run', '--rm', '--network', 'none', '--entrypoint', '/bin/true', image]);
      return times;
    };
    // As those of the other machines do, which Vagrant boots at once.
    const leasesComeAndGo = async (): Promise<number> => {
      const leases = join(labState, 'vagrant-home', 'data', 'fp-leases');
      const paths = Array.from({ length: 300 }, (_, index) => join(leases, `127_0_0_1_${50_000 + index}`));
      await mkdir(leases, { recursive: true });
      let times = 0;
      for (; !ended.signal.aborted; times += 1) {
        await Promise.all(paths.map((path) => writeFile(path, '')));
        await Promise.all(paths.map((path) => rm(path)));
      }
      return times;
    };
    const others = [comesAndGoes(), comesAndGoes(), leasesComeAndGo()];
    try {
      await ok('lab', 'up', '--yes');
    } finally {
      ended.abort();
    }
    for (const times of await Promise.all(others)) expect(times).toBeGreaterThan(3);

    const machines = createLayout({ name: testLab.name }).machines.map(({ name }) => `${testLab.name}-${name}`);
    const removing = execa('docker', ['rm', '--force', '--volumes', ...machines], { reject: false });
    await ok('lab', 'destroy', '--yes');
    await removing;
    expect(await leftOfTheLab(testLab.name)).toEqual([]);
  });

  it.each(['Make certificates', 'Make the network', 'Boot the machines', 'The API server answers'])(
    'that is killed after "%s" completes when it is run again',
    async (title) => {
      await killAfter(title);
      await ok('lab', 'up', '--yes');
      await labIsWell();
    },
  );
});

/** A lesson on the real lab: its second step stays open until somebody writes the file. */
async function writeLesson(lesson: string): Promise<void> {
  const from = (path: string) => JSON.stringify(join(checkoutFolder, 'scripts', path));
  await mkdir(lesson, { recursive: true });
  await writeFile(
    join(lesson, 'lesson.ts'),
    `import { fileIsThere } from ${from('checks/machines.ts')};
import { defineLesson, task } from ${from('course/model.ts')};
export default defineLesson({
  minutes: 1,
  summary: 'x',
  needs: 'lab',
  baseline: [],
  steps: {
    'Write one': task({ reach: [fileIsThere('w1', '/root/first')] }),
    'Write another': task({ reach: [fileIsThere('w1', '/root/second')] }),
  },
});
`,
  );
  await writeFile(
    join(lesson, 'README.md'),
    '# Two files\n\n## Write one\n\n```sh on=w1\ntouch /root/first\n```\n\n## Write another\n\nBy hand.\n',
  );
}

/** Runs the program, and follows what it says. */
function following(args: readonly string[], environment: Record<string, string>) {
  const child = execa(programPath, args, {
    env: { ...testLab.environment, ...environment },
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  let said = '';
  child.all.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const has = (words: RegExp | string): boolean =>
    typeof words === 'string' ? onOneLine(said).includes(words) : words.test(onOneLine(said));
  return {
    said: () => said,
    untilSaid: (words: RegExp | string) =>
      waitUntil(() => has(words), { what: `it says ${String(words)}`, deadlineSeconds: 120, saw: () => said }),
    interrupt: () => child.kill('SIGINT'),
    exitCode: child.then(({ exitCode, signal }) => exitCode ?? signal),
  };
}

/** Lines are wrapped where their column ends. */
const onOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** Boots the lab, and kills the program as the kernel does when the action of that title is over. */
async function killAfter(title: string): Promise<void> {
  const child = execa(programPath, ['lab', 'up', '--yes'], {
    env: testLab.environment,
    reject: false,
    stdin: 'ignore',
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes(`${title} ...`)) child.kill('SIGKILL');
  });
  const { signal, exitCode } = await child;
  expect(signal ?? `exit code ${exitCode ?? ''}`, said).toBe('SIGKILL');
}

const listenOn = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
