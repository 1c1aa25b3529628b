import { describe, expect, test } from 'vitest';
import { lookAround } from '../../scripts/setup/look.ts';
import { makePlan } from '../../scripts/setup/plan.ts';
import { forbidden, madeUpHost, ordinaryUsersHost, stopped, type MadeUpHost } from './made-up-host.ts';

const planFor = async (host: MadeUpHost, bundleComplete = false) =>
  makePlan(await lookAround(host, { bundleComplete }));
const kinds = async (host: MadeUpHost) => (await planFor(host)).steps.map(({ kind }) => kind);

describe('what setup would do', () => {
  test('where nothing is missing: nothing', async () => {
    expect(await planFor(madeUpHost())).toEqual({ steps: [], obstacles: [], needsNewLogin: false });
    expect(await planFor(ordinaryUsersHost())).toEqual({ steps: [], obstacles: [], needsNewLogin: false });
  });

  test('where everything is missing: all packages in one go, then the engine', async () => {
    const host = madeUpHost({ programs: new Set() });
    for (const path of ['/usr/include/stdlib.h', '/usr/include/seccomp.h', '/etc/ssl/certs/ca-certificates.crt']) {
      host.files.delete(path);
    }
    const { steps } = await planFor(host);
    expect(steps.map(({ kind }) => kind)).toEqual(['install', 'start-engine']);
    expect(steps[0]?.commands[1]?.join(' ')).toBe(
      'env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends docker.io vagrant openssh-client ' +
        'iptables mmdebstrap gcc libc6-dev pkg-config libseccomp-dev ca-certificates',
    );
    expect(steps[1]?.commands).toEqual([['systemctl', 'enable', '--now', 'docker']]);
  });

  test('what only builds the bundle is not installed where the bundle is there', async () => {
    const host = madeUpHost({ reachable: false });
    for (const name of ['gcc', 'mmdebstrap', 'pkg-config', 'go']) host.programs.delete(name);
    expect((await planFor(host, true)).steps).toEqual([]);
    expect((await planFor(host, true)).obstacles).toEqual([]);
  });

  test('an ordinary user without rights to docker joins its group', async () => {
    const host = ordinaryUsersHost();
    host.files.set('/etc/group', 'docker:x:999:bob,adam\n');
    host.answers.set('docker version', forbidden);
    const plan = await planFor(host);
    expect(plan.steps.map(({ commands }) => commands)).toEqual([[['usermod', '-aG', 'docker', 'ada']]]);
    expect(plan.needsNewLogin).toBe(true);
  });

  test('a member of the group whose login is older needs a new one, and nothing else', async () => {
    const host = ordinaryUsersHost();
    host.answers.set('docker version', forbidden);
    expect(await planFor(host)).toEqual({ steps: [], obstacles: [], needsNewLogin: true });
  });

  test('an engine that is stopped is started: by systemd where it runs the computer, else as a process', async () => {
    const host = madeUpHost();
    host.answers.set('docker version', stopped);
    expect((await planFor(host)).steps[0]?.commands).toEqual([['systemctl', 'enable', '--now', 'docker']]);
    host.files.set('/proc/1/comm', 'init\n');
    expect((await planFor(host)).steps[0]?.commands).toEqual([['dockerd']]);
  });

  test('a docker client without an engine gets the engine', async () => {
    const host = madeUpHost();
    host.programs.delete('dockerd');
    host.answers.set('docker version', stopped);
    expect(await kinds(host)).toEqual(['install', 'start-engine']);
  });

  test('a kernel that lets too few programs watch files is told to let more', async () => {
    const host = madeUpHost();
    host.files.set('/proc/sys/fs/inotify/max_user_instances', '128\n');
    const { steps } = await planFor(host);
    expect(steps.map(({ kind }) => kind)).toEqual(['raise-limit']);
    expect(steps[0]?.title).toContain('from 128 to 512');
    host.files.set('/proc/sys/fs/inotify/max_user_instances', '8192\n');
    expect((await planFor(host)).steps).toEqual([]);
  });

  test('AppArmor needs its parser, where the kernel has it on', async () => {
    const host = madeUpHost();
    host.files.set('/sys/module/apparmor/parameters/enabled', 'Y\n');
    expect((await planFor(host)).steps[0]?.title).toBe('Install 1 package: apparmor');
  });
});

describe('what setup cannot do itself', () => {
  test('an engine that is too old', async () => {
    const host = madeUpHost();
    host.answers.set('docker version', { stdout: '19.03.15\n' });
    const { steps, obstacles } = await planFor(host);
    expect(steps).toEqual([]);
    expect(obstacles[0]?.what).toMatch(/19\.03\.15.*20\.10/);
  });

  test.each([
    ['no sudo', (host: MadeUpHost) => host.programs.delete('sudo'), /no sudo/],
    [
      'a password and no terminal',
      (host: MadeUpHost) => {
        host.terminal = false;
        host.answers.set('sudo -n true', { exitCode: 1 });
      },
      /password/,
    ],
  ])('an ordinary user with %s gets the commands for root', async (_, change, why) => {
    const host = ordinaryUsersHost();
    host.programs.delete('vagrant');
    change(host);
    const { steps, obstacles } = await planFor(host);
    expect(steps).toEqual([]);
    expect(obstacles[0]?.what).toMatch(why);
    expect(obstacles[0]?.remedy).toContain('apt-get install --yes --no-install-recommends vagrant');
  });

  test('sudo that asks for a password is fine at a terminal', async () => {
    const host = ordinaryUsersHost();
    host.programs.delete('vagrant');
    host.answers.set('sudo -n true', { exitCode: 1 });
    expect(await kinds(host)).toEqual(['install']);
  });

  test.each([
    ['fedora', 'linux', 'ID=fedora\n', 'sudo dnf install moby-engine vagrant'],
    ['an unknown Linux', 'linux', 'ID=void\n', 'a docker engine, vagrant'],
    ['macOS', 'darwin', undefined, 'brew install --cask docker vagrant'],
  ])('%s: prints the commands', async (_, platform, release, command) => {
    const host = madeUpHost({ platform });
    host.files.delete('/etc/os-release');
    if (release) host.files.set('/etc/os-release', release);
    for (const name of ['docker', 'vagrant']) host.programs.delete(name);
    const { steps, obstacles } = await planFor(host);
    expect(steps).toEqual([]);
    expect(obstacles[0]?.remedy).toContain(command);
  });
});

describe('Go, where releases cannot be reached', () => {
  const oldGo = (go: string | undefined) => {
    const host = madeUpHost({ reachable: false });
    if (go === undefined) host.programs.delete('go');
    else host.answers.set('/usr/bin/go version', { stdout: `go version go${go} linux/amd64` });
    return host;
  };

  test.each([
    ['1.19.8', 1],
    [undefined, 1],
    ['1.21.0', 0],
    ['1.27', 0],
  ])('Go %s on this computer: %i obstacle', async (go, count) => {
    expect((await planFor(oldGo(go))).obstacles).toHaveLength(count);
  });

  test('a package that is new enough is installed, the newest one', async () => {
    const host = oldGo('1.19.8');
    host.answers.set('apt-cache search', {
      stdout: 'golang-1.19-go - Go\ngolang-1.23-go - Go\ngolang-1.24-go - Go\ngolang-1.9-go - Go\n',
    });
    expect((await planFor(host)).steps[0]?.title).toBe('Install 1 package: golang-1.24-go');
  });

  test("Debian 12's own is too old to offer", async () => {
    const host = oldGo(undefined);
    host.answers.set('apt-cache search', { stdout: 'golang-1.19-go - Go\n' });
    const { steps, obstacles } = await planFor(host);
    expect(steps).toEqual([]);
    expect(obstacles[0]?.remedy).toContain('bookworm-backports');
  });

  test('is not asked for where releases can be reached', async () => {
    const host = oldGo(undefined);
    host.reachable = true;
    expect((await planFor(host)).obstacles).toEqual([]);
  });
});
