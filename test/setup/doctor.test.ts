import { describe, expect, test } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';
import { describeFindings, examine, type DoctorFacts } from '../../scripts/setup/doctor.ts';
import { isReady } from '../../scripts/setup/finding.ts';
import { overlap } from '../../scripts/lab/subnet.ts';
import { routesOf } from '../../scripts/setup/networks.ts';
import { withoutNames, writeReport } from '../../scripts/setup/report.ts';
import { atLeast, versionIn } from '../../scripts/setup/version.ts';
import { forbidden, madeUpHost, ordinaryUsersHost, stopped, type MadeUpHost } from './made-up-host.ts';

const facts: DoctorFacts = {
  labName: 'firedrill',
  version: '0.1.0',
  bundle: { folder: '/cache/bundle' },
  layout: createLayout({ name: 'firedrill' }),
  faults: { running: [], orphans: [], unknown: [] },
};
const conclusionFor = async (host: MadeUpHost, changes: Partial<DoctorFacts> = {}) =>
  describeFindings(await examine(host, { ...facts, ...changes })).at(-1);

test('a computer on which nothing is missing is ready, and nothing was changed', async () => {
  const host = madeUpHost();
  expect(await conclusionFor(host)).toBe('You are ready.');
  expect(host.ran.filter((line) => /apt|sudo|systemctl|setsid|usermod/.test(line))).toEqual([]);
});

describe('each finding that is not fine', () => {
  const cases: [string, (host: MadeUpHost) => unknown, string][] = [
    ['docker engine', (host) => host.answers.set('docker version', stopped), 'problem'],
    ['docker engine', (host) => host.answers.set('docker version', { stdout: '19.03.1' }), 'problem'],
    ['docker engine', (host) => host.programs.delete('docker'), 'problem'],
    [
      'docker rights',
      (host) => host.answers.set('docker info', { stdout: '{"SecurityOptions":["name=rootless"]}' }),
      'problem',
    ],
    ['vagrant', (host) => host.programs.delete('vagrant'), 'problem'],
    ['vagrant', (host) => host.answers.set('vagrant --version', { exitCode: 1, stderr: 'no ruby' }), 'problem'],
    ['ssh', (host) => host.programs.delete('ssh'), 'problem'],
    ['disk', (host) => (host.freeDiskBytes = () => Promise.resolve(3e9)), 'problem'],
    ['memory', (host) => (host.freeMemoryBytes = () => Promise.resolve(1.5e9)), 'warning'],
    ['memory', (host) => (host.freeMemoryBytes = () => Promise.resolve(0.5e9)), 'problem'],
    ['inotify', (host) => host.files.set('/proc/sys/fs/inotify/max_user_instances', '64\n'), 'problem'],
    ['inotify', (host) => host.files.set('/proc/sys/fs/inotify/max_user_instances', '128\n'), 'warning'],
    ['ports', (host) => (host.isPortFree = (port) => Promise.resolve(port !== 8443)), 'problem'],
    ['system', (host) => (host.arch = 'arm64'), 'warning'],
    ['system', (host) => (host.platform = 'win32'), 'problem'],
  ];
  test.each(cases)('%s', async (name, change, level) => {
    const host = madeUpHost();
    change(host);
    const findings = await examine(host, facts);
    const found = findings.find((finding) => finding.name === name);
    expect(found).toMatchObject({ level, remedy: expect.stringMatching(/.{10}/) as string });
    expect(isReady(findings)).toBe(level !== 'problem');
  });

  test('rights to docker: joined, but in an older login', async () => {
    const host = ordinaryUsersHost();
    host.answers.set('docker version', forbidden);
    const finding = (await examine(host, facts)).find(({ name }) => name === 'docker engine');
    expect(finding?.remedy).toContain('newgrp docker');
  });

  test('the bundle, and room to build it', async () => {
    const host = madeUpHost({ freeDiskBytes: () => Promise.resolve(9e9) });
    const bundle = { lacking: 'The bundle is not complete: etcd.' };
    const findings = await examine(host, { ...facts, bundle });
    expect(describeFindings(findings).at(-1)).toBe('You are not ready yet. What is missing: bundle.');
    expect(findings.find(({ name }) => name === 'disk')).toMatchObject({ level: 'warning' });
    expect(findings.find(({ name }) => name === 'bundle')).toMatchObject({
      level: 'problem',
      saw: bundle.lacking,
      remedy: expect.stringContaining("Run 'npx firedrill bundle build'") as string,
    });
    expect(await conclusionFor(host)).toBe('You are ready.');
  });

  test('a bundle that lies beside the kit or on a mirror: nothing to build with is missing', async () => {
    const host = madeUpHost({ reachable: false, freeDiskBytes: () => Promise.resolve(9e9) });
    for (const name of ['gcc', 'mmdebstrap', 'pkg-config', 'go']) host.programs.delete(name);
    const lacking = 'The bundle is not complete: etcd.';
    const bundle = { lacking, supply: 'http://10.1.2.3:8470' };
    const findings = await examine(host, { ...facts, bundle });
    expect(describeFindings(findings).at(-1)).toBe('You are ready. Look at the warnings first: bundle.');
    expect(findings.find(({ name }) => name === 'bundle')?.saw).toContain(bundle.supply);
    expect(await conclusionFor(host, { bundle: { lacking } })).toMatch(/^You are not ready yet\..*mmdebstrap/);
  });

  describe('faults', () => {
    const orphan = { id: '1f2e', title: 'w1 has no route to the pods on w2' };
    const findingFor = async (faults: Partial<DoctorFacts['faults']>) => {
      const findings = await examine(madeUpHost(), { ...facts, faults: { ...facts.faults, ...faults } });
      return findings.find(({ name }) => name === 'faults');
    };

    test('left behind by a program that has ended', async () => {
      const finding = await findingFor({ orphans: [orphan] });
      expect(finding).toMatchObject({ level: 'problem', saw: `not undone: ${orphan.title}` });
      expect(finding?.remedy).toBe("Run 'npx firedrill faults undo --all'.");
    });

    test('of a drill that runs are no orphans, and no advice ends it', async () => {
      const running = ['w2 has no power'];
      expect(await findingFor({ running })).toMatchObject({
        level: 'ok',
        saw: expect.stringContaining('w2 has') as string,
      });
      const both = await findingFor({ running, orphans: [orphan] });
      expect(both?.remedy).toBe("Run 'npx firedrill faults undo 1f2e'.");
    });

    test('on a machine, known to no journal', async () => {
      const finding = await findingFor({ unknown: ['w1 (9a8b)'] });
      expect(finding).toMatchObject({ level: 'problem', saw: 'in no journal, but on w1 (9a8b)' });
      expect(finding?.remedy).toContain('ends with its lease');
    });
  });
});

describe('ports and networks', () => {
  test('ports that the running lab itself uses are fine', async () => {
    const host = madeUpHost({ isPortFree: () => Promise.resolve(false) });
    host.answers.set('docker ps --quiet --filter label=firedrill.lab=firedrill', { stdout: 'abc\n' });
    expect(await conclusionFor(host)).toBe('You are ready.');
  });

  test('another docker network with the same addresses, the own one not counted', async () => {
    const host = madeUpHost();
    host.answers.set('docker network ls', { stdout: '1\n2\n' });
    host.answers.set('docker network inspect', { stdout: 'firedrill 10.0.3.0/24\n\nother 10.0.0.0/16\n\n' });
    host.files.set('/proc/net/route', routes);
    const finding = (await examine(host, facts)).find(({ name }) => name === 'networks');
    expect(finding).toMatchObject({ level: 'problem', saw: 'in use: other has 10.0.0.0/16' });
  });

  test('a bridge of LXC has the same addresses', async () => {
    const host = madeUpHost();
    host.files.set('/proc/net/route', routes);
    const finding = (await examine(host, facts)).find(({ name }) => name === 'networks');
    expect(finding).toMatchObject({ level: 'problem', saw: 'in use: lxcbr0 has 10.0.3.0/24' });
    expect(finding?.remedy).toContain('--subnet');
  });

  test("a company's wider network is no problem: the narrower route counts", async () => {
    const host = madeUpHost();
    host.files.set(
      '/proc/net/route',
      `${routes.split('\n')[0] ?? ''}\ntun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n`,
    );
    const finding = (await examine(host, facts)).find(({ name }) => name === 'networks');
    expect(finding).toMatchObject({ level: 'warning', saw: 'in use: tun0 has 10.0.0.0/8' });
  });

  test('routes are read as the kernel prints them, without the default route', async () => {
    const host = madeUpHost();
    host.files.set('/proc/net/route', routes);
    expect(await routesOf(host)).toEqual([{ name: 'lxcbr0', subnet: '10.0.3.0/24' }]);
  });

  test.each([
    ['10.0.3.0/24', '10.0.3.128/25', true],
    ['10.0.3.0/24', '10.0.0.0/8', true],
    ['10.0.3.0/24', '10.0.4.0/24', false],
    ['10.0.3.0/24', '10.0.2.0/24', false],
    ['10.0.3.0/24', '10.0.3.7/32', true],
    ['192.168.0.0/16', '0.0.0.0/0', true],
  ])('%s and %s overlap: %s', (one, other, answer) => {
    expect(overlap(one, other)).toBe(answer);
    expect(overlap(other, one)).toBe(answer);
  });
});

const routes = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'lxcbr0\t0003000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  '',
].join('\n');

describe('the report', () => {
  test('names neither the home folder nor the user', () => {
    const findings = [
      { name: 'folders', level: 'ok' as const, saw: 'cache /home/ada/.cache/firedrill, socket of ada | adamant' },
    ];
    const text = writeReport(findings, { home: '/home/ada', userName: 'ada' });
    expect(text).toContain('| ok | folders | cache ~/.cache/firedrill, socket of USER \\| adamant |');
    expect(text).not.toMatch(/\bada\b/);
  });

  test('tells no password and no token', () => {
    const saws = [
      'not here yet; http://ada:s3cret@mirror.example/bundle has it',
      'it does not answer: error during connect: Get "https://ci:s3cret@engine:2376/v1.41/version": refused',
      'docker said: Authorization: Basic YWRhOnMzY3JldA==',
      'not undone: kubelet with --token abcdef.0123456789s3cret',
    ];
    const findings = saws.map((saw) => ({ name: 'bundle', level: 'warning' as const, saw }));
    const text = writeReport(findings, { home: '/home/ada', userName: 'ada' });
    expect(text).toContain('| warning | bundle | not here yet; http://USER:***@mirror.example/bundle has it |');
    expect(text).toContain('https://ci:***@engine:2376/v1.41/version');
    expect(text).not.toMatch(/s3cret|YWRh/);
  });

  test('leaves what doctor says of a computer on which nothing is missing as it is', async () => {
    const findings = await examine(madeUpHost(), facts);
    const text = writeReport(findings, { home: '/nowhere', userName: 'root' });
    for (const { name, saw } of findings) expect(text).toContain(`| ok | ${name} | ${saw} |`);
  });

  test('root is no name', () => {
    expect(withoutNames('needs root, /root/.cache', { home: '/root', userName: 'root' })).toBe('needs root, ~/.cache');
  });
});

test('versions are compared number by number', () => {
  expect(versionIn('Vagrant 2.3.4')).toBe('2.3.4');
  expect(versionIn('')).toBeUndefined();
  expect([atLeast('20.10.24', '20.10'), atLeast('1.9', '1.21'), atLeast('1.21', '1.21'), atLeast('2', '1.21')]).toEqual(
    [true, false, true, true],
  );
});
