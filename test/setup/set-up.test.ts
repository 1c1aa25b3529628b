import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUp, type SetUpOptions } from '../../scripts/setup/set-up.ts';
import { forbidden, madeUpHost, ordinaryUsersHost, stopped, type MadeUpHost } from './made-up-host.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-setup-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

function optionsFor(host: MadeUpHost, changes: Partial<SetUpOptions> = {}) {
  const said: string[] = [];
  const options: SetUpOptions = {
    host,
    voice: {
      say: (text) => said.push(text),
      ask: undefined,
      during: (title, work) => {
        said.push(title);
        return work(() => undefined);
      },
    },
    yes: true,
    bundleComplete: false,
    ...changes,
  };
  return { options, said };
}

/** The engine answers from the moment on that a command with these words was run. */
function startsWith(host: MadeUpHost, command: string): void {
  host.answers.set('docker version', () =>
    host.ran.some((line) => line.includes(command)) ? { stdout: '20.10.24' } : stopped,
  );
}

/** apt-get puts these programs in place. */
function installs(host: MadeUpHost, ...programs: string[]): void {
  for (const name of programs) host.programs.delete(name);
  const install = () => {
    for (const name of programs) host.programs.add(name);
    return {};
  };
  host.answers.set('env DEBIAN_FRONTEND=noninteractive apt-get install', install);
  host.answers.set('sudo env DEBIAN_FRONTEND=noninteractive apt-get install', install);
}

test('nothing missing: says nothing, asks nothing, changes nothing', async () => {
  const host = madeUpHost();
  const { options, said } = optionsFor(host, { yes: false });
  expect(await setUp(options)).toBe('ready');
  expect(said).toEqual([]);
  expect(host.ran.filter((line) => /apt-get|usermod|systemctl|setsid/.test(line))).toEqual([]);
});

test('root on a fresh Debian: installs, starts the engine, waits until it answers', async () => {
  const host = madeUpHost();
  installs(host, 'docker', 'dockerd', 'vagrant');
  startsWith(host, 'systemctl enable --now docker');
  const { options } = optionsFor(host);
  expect(await setUp(options)).toBe('ready');
  expect(host.ran.filter((line) => /apt-get|systemctl/.test(line))).toEqual([
    'apt-get update',
    'env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io vagrant',
    'systemctl enable --now docker',
  ]);
  expect(await setUp(options)).toBe('ready');
  expect(host.ran.filter((line) => line === 'apt-get update')).toHaveLength(1);
});

test('an engine that its package has started is not started again', async () => {
  const host = madeUpHost();
  installs(host, 'docker', 'dockerd');
  expect(await setUp(optionsFor(host).options)).toBe('ready');
  expect(host.ran.filter((line) => /systemctl|setsid/.test(line))).toEqual([]);
});

test('without systemd the engine runs detached, with its log under the state folder', async () => {
  const host = madeUpHost();
  host.files.set('/proc/1/comm', 'sh\n');
  startsWith(host, 'setsid');
  expect(await setUp(optionsFor(host).options)).toBe('ready');
  expect(host.ran.find((line) => line.includes('setsid'))).toBe(
    `setsid --fork sh -c exec dockerd >"$1" 2>&1 </dev/null dockerd ${folder}/firedrill/dockerd.log`,
  );
});

test('an engine that gives up at its start is told with what its log says', async () => {
  const host = madeUpHost();
  host.files.set('/proc/1/comm', 'sh\n');
  host.files.set(`${folder}/firedrill/dockerd.log`, 'failed to start daemon: no iptables\n');
  host.answers.set('docker version', stopped);
  await expect(setUp(optionsFor(host).options)).rejects.toMatchObject({
    code: 'engine-does-not-start',
    message: expect.stringContaining('no iptables') as string,
  });
});

test('an ordinary user: every command by sudo, joins the group, needs a new login', async () => {
  const host = ordinaryUsersHost();
  host.files.set('/etc/group', 'docker:x:999:\n');
  installs(host, 'vagrant');
  host.answers.set('docker version', forbidden);
  host.answers.set('sudo usermod', () => {
    host.files.set('/etc/group', 'docker:x:999:ada\n');
    return {};
  });
  expect(await setUp(optionsFor(host).options)).toBe('new-login-needed');
  expect(host.ran.filter((line) => line.startsWith('sudo'))).toEqual([
    'sudo -n true',
    'sudo -v',
    'sudo apt-get update',
    'sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends vagrant',
    'sudo usermod -aG docker ada',
    'sudo -n true',
  ]);
});

test('a no changes nothing', async () => {
  const host = madeUpHost();
  host.programs.delete('vagrant');
  const { options, said } = optionsFor(host, { yes: false });
  options.voice.ask = () => Promise.resolve(false);
  expect(await setUp(options)).toBe('declined');
  expect(said[0]).toContain('vagrant');
  expect(host.ran.filter((line) => line.includes('apt-get'))).toEqual([]);
});

test('nobody to ask and no --yes: wrong usage, with the commands', async () => {
  const host = madeUpHost({ terminal: false });
  host.programs.delete('vagrant');
  await expect(setUp(optionsFor(host, { yes: false }).options)).rejects.toMatchObject({
    code: 'setup-needs-yes',
    exitCode: 2,
    remedy: expect.stringContaining('apt-get install --yes --no-install-recommends vagrant') as string,
  });
  expect(host.ran.filter((line) => line.includes('apt-get'))).toEqual([]);
});

test('another system: an error whose remedy is the commands', async () => {
  const host = madeUpHost();
  host.files.set('/etc/os-release', 'ID=fedora\n');
  host.programs.delete('vagrant');
  await expect(setUp(optionsFor(host).options)).rejects.toMatchObject({
    code: 'setup-by-hand',
    exitCode: 3,
    remedy: expect.stringContaining('sudo dnf install') as string,
  });
});

test('a Go that only the fresh lists of packages know is installed in a second round', async () => {
  const host = madeUpHost({ reachable: false });
  installs(host, 'gcc');
  host.programs.delete('go');
  host.answers.set('apt-get update', () => {
    host.answers.set('apt-cache search', { stdout: 'golang-1.24-go - Go\n' });
    return {};
  });
  host.answers.set('env DEBIAN_FRONTEND=noninteractive apt-get install', () => {
    host.programs.add(host.ran.at(-1)?.includes('golang') ? 'go' : 'gcc');
    return {};
  });
  expect(await setUp(optionsFor(host).options)).toBe('ready');
});

test.each([
  ['E: Could not get lock /var/lib/dpkg/lock-frontend.', /Another program installs/],
  ['E: Package vagrant has no installation candidate', /no such package/],
  ["W: Failed to fetch http://deb.debian.org/ Temporary failure resolving 'deb.debian.org'", /mirror can't be reached/],
])('apt-get fails with %j', async (stderr, remedy) => {
  const host = madeUpHost();
  host.programs.delete('vagrant');
  host.answers.set('env DEBIAN_FRONTEND=noninteractive apt-get install', { exitCode: 100, stderr });
  await expect(setUp(optionsFor(host).options)).rejects.toMatchObject({
    code: 'setup-failed',
    message: expect.stringContaining(stderr) as string,
    remedy: expect.stringMatching(remedy) as string,
  });
});

test('an installation that changed nothing is not called ready', async () => {
  const host = madeUpHost();
  host.programs.delete('vagrant');
  await expect(setUp(optionsFor(host).options)).rejects.toMatchObject({ code: 'setup-by-hand' });
});
