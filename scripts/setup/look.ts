import { inotifyLimitPath, leastInotifyLimit } from '../lab/inotify.ts';
import { hasSystemd, isInDockerGroup, lookAtEngine, type EngineState } from './engine.ts';
import { findGo, findGoPackage, isThere, needsOf, type Need } from './needs.ts';
import type { Host } from './host.ts';

/** Where the official binaries of most components come from; without it the bundle is built from Go modules. */
const releasesUrl = 'https://dl.k8s.io/';

/** What setup found on this computer. A value: the plan is made from it and from nothing else. */
export interface Look {
  platform: string;
  /** `debian`, `ubuntu`, `fedora`; `unknown`. From /etc/os-release. */
  distribution: string;
  /** Whether packages can be installed with apt-get. */
  apt: boolean;
  systemd: boolean;
  userName: string;
  root: boolean;
  /** `password`: it asks for one, which somebody can type only at a terminal. */
  sudo: 'free' | 'password' | 'none';
  terminal: boolean;
  engine: EngineState;
  inDockerGroup: boolean;
  missing: readonly Need[];
  /** The kernel's limit of inotify instances a user; undefined where it can't be read. */
  inotifyLimit: number | undefined;
  /** `not-needed`: the bundle is there, or can be downloaded. */
  go: { kind: 'fine' } | { kind: 'not-needed' } | { kind: 'missing'; saw: string; package: string | undefined };
}

export async function lookAround(host: Host, options: { bundleComplete: boolean }): Promise<Look> {
  const release = (await host.read('/etc/os-release')) ?? '';
  const word = (key: string) => new RegExp(`^${key}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? '';
  const distribution = word('ID') || 'unknown';
  const apt = [distribution, ...word('ID_LIKE').split(' ')].some((id) => id === 'debian' || id === 'ubuntu');
  const needs = await needsOf(host, { distribution, apt, build: !options.bundleComplete });
  const [there, engine, go] = await Promise.all([
    Promise.all(needs.map((need) => isThere(host, need))),
    lookAtEngine(host),
    options.bundleComplete ? ({ kind: 'not-needed' } as const) : lookAtGo(host, apt),
  ]);
  const missing = needs.filter((_, index) => !there[index]);
  const inotifyLimit = await inotifyLimitOf(host);
  const complete =
    missing.length === 0 &&
    engine.kind === 'ready' &&
    go.kind !== 'missing' &&
    (inotifyLimit ?? leastInotifyLimit) >= leastInotifyLimit;
  return {
    platform: host.platform,
    distribution,
    apt,
    systemd: await hasSystemd(host),
    userName: host.userName,
    root: host.root,
    // Each use of sudo is logged: it is asked only where it would be used.
    sudo: host.root || complete ? 'none' : await lookAtSudo(host),
    terminal: host.terminal,
    engine,
    inDockerGroup: await isInDockerGroup(host),
    missing,
    inotifyLimit,
    go,
  };
}

async function inotifyLimitOf(host: Host): Promise<number | undefined> {
  const text = await host.read(inotifyLimitPath);
  return text === undefined ? undefined : Number(text);
}

async function lookAtSudo(host: Host): Promise<Look['sudo']> {
  if ((await host.find('sudo')) === undefined) return 'none';
  const answer = await host.run('sudo', ['-n', 'true'], { timeoutSeconds: 10 });
  return answer.exitCode === 0 ? 'free' : 'password';
}

async function lookAtGo(host: Host, apt: boolean): Promise<Look['go']> {
  const go = await findGo(host);
  if (go?.newEnough) return { kind: 'fine' };
  if (await host.reaches(releasesUrl)) return { kind: 'not-needed' };
  return {
    kind: 'missing',
    saw: go ? `Go ${go.version} is there (${go.path})` : 'there is no Go',
    package: apt ? await findGoPackage(host) : undefined,
  };
}
