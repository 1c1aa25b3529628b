import { atLeast, versionIn } from './version.ts';
import type { Host } from './host.ts';

/** Something of the host's that the lab or the bundle uses, and the Debian package that brings it. */
export interface Need {
  what: string;
  /** What firedrill does with it. */
  purpose: string;
  package: string;
  /** The name of a program, or the full path of a file. */
  lookFor: string;
}

const everywhere: readonly Need[] = [
  { what: 'vagrant', purpose: 'boots and ends the machines', package: 'vagrant', lookFor: 'vagrant' },
  { what: 'ssh', purpose: 'runs commands on the machines', package: 'openssh-client', lookFor: 'ssh' },
];

const onLinux: readonly Need[] = [
  { what: 'iptables', purpose: "makes the docker engine's networks", package: 'iptables', lookFor: 'iptables' },
];

// Elsewhere docker makes the image.
const toBuildOnDebian: readonly Need[] = [
  { what: 'mmdebstrap', purpose: 'makes the image of a machine', package: 'mmdebstrap', lookFor: 'mmdebstrap' },
];

const toBuildAsUser: readonly Need[] = [
  { what: 'newuidmap', purpose: 'lets mmdebstrap run without root', package: 'uidmap', lookFor: 'newuidmap' },
];

const toBuild: readonly Need[] = [
  { what: 'gcc', purpose: 'compiles runc', package: 'gcc', lookFor: 'gcc' },
  { what: 'C library headers', purpose: 'compiles runc', package: 'libc6-dev', lookFor: '/usr/include/stdlib.h' },
  { what: 'pkg-config', purpose: 'compiles runc', package: 'pkg-config', lookFor: 'pkg-config' },
  { what: 'libseccomp', purpose: 'compiles runc', package: 'libseccomp-dev', lookFor: '/usr/include/seccomp.h' },
  {
    what: 'CA certificates',
    purpose: 'downloads over https',
    package: 'ca-certificates',
    lookFor: '/etc/ssl/certs/ca-certificates.crt',
  },
];

// Without its parser the docker engine can't load its profile where the kernel has AppArmor switched on.
const appArmor: Need = {
  what: 'AppArmor parser',
  purpose: 'lets the docker engine start containers on a kernel with AppArmor',
  package: 'apparmor',
  lookFor: 'apparmor_parser',
};

/**
 * What this system should have. The docker engine and Go have looks of their own.
 * `apt`: what Debian's packages are named is known; `build`: the bundle has still to be made.
 */
export async function needsOf(
  host: Host,
  options: { distribution: string; apt: boolean; build: boolean },
): Promise<readonly Need[]> {
  const linux = host.platform === 'linux';
  const armored = (await host.read('/sys/module/apparmor/parameters/enabled'))?.startsWith('Y') ?? false;
  const debianBuild = options.build && options.distribution === 'debian';
  return [
    ...everywhere,
    ...(linux ? onLinux : []),
    ...(options.apt && armored ? [appArmor] : []),
    ...(debianBuild ? toBuildOnDebian : []),
    ...(debianBuild && !host.root ? toBuildAsUser : []),
    ...(options.apt && options.build ? toBuild : []),
  ];
}

export const isThere = async (host: Host, need: Need): Promise<boolean> =>
  need.lookFor.startsWith('/')
    ? (await host.read(need.lookFor)) !== undefined
    : (await host.find(need.lookFor)) !== undefined;

/** The first Go that fetches by itself the newer Go that a component asks for: https://go.dev/doc/toolchain */
export const oldestGo = '1.21';

/** Where Go is when it is not in PATH: its own archive's place, and those of Debian's versioned packages. */
const goFolders = [
  '/usr/local/go/bin',
  ...[30, 29, 28, 27, 26, 25, 24, 23, 22, 21].map((minor) => `/usr/lib/go-1.${minor}/bin`),
];

/** A Go on this computer that can build the bundle, or the one that is too old, or undefined. */
export async function findGo(host: Host): Promise<{ path: string; version: string; newEnough: boolean } | undefined> {
  let old: { path: string; version: string; newEnough: boolean } | undefined;
  const places = [host.find('go'), ...goFolders.map((folder) => host.find(`${folder}/go`))];
  for (const path of await Promise.all(places)) {
    if (path === undefined) continue;
    const answer = await host.run(path, ['version'], { timeoutSeconds: 10 });
    const version = versionIn(answer.stdout) ?? '0.0';
    if (atLeast(version, oldestGo)) return { path, version, newEnough: true };
    old ??= { path, version, newEnough: false };
  }
  return old;
}

/** The newest package of Go that the system's own lists offer, if it is new enough. */
export async function findGoPackage(host: Host): Promise<string | undefined> {
  const answer = await host.run('apt-cache', ['search', '--names-only', '^golang-1\\.[0-9]+-go$']);
  const minors = [...answer.stdout.matchAll(/^golang-1\.(\d+)-go /gm)].map(([, minor]) => Number(minor));
  const newest = Math.max(...minors, 0);
  return atLeast(`1.${newest}`, oldestGo) ? `golang-1.${newest}-go` : undefined;
}
