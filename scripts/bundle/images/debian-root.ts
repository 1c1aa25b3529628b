import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { cacheFolder } from '../../system/folders.ts';
import { quoted, run, runOrThrow } from '../../system/run.ts';
import { makeWorkingFolder } from '../working-folder.ts';
import { debianLines, readAptSources } from './apt-sources.ts';
import { hashOfEntries, writeTar, type TarEntry } from './tar.ts';

export const debianSuite = 'bookworm';

/** A small Debian root file system: packages, files laid over them, and a shell script as the last step. */
export interface DebianRoot {
  name: string;
  packages: readonly string[];
  /** `essential` has no apt: for what is never changed once it is made. Default `minbase`. */
  variant?: 'minbase' | 'essential';
  overlay?: readonly TarEntry[];
  /** Shell script that runs inside the root file system, after the overlay. */
  finish?: string;
}

export interface MakeOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((line: string) => void) | undefined;
}

/** What no machine and no pod of the lab reads. Copyright notices stay: Debian's licences ask for it. */
const leftOut = ['/usr/share/man/*', '/usr/share/info/*', '/usr/share/lintian/*', '/usr/share/locale/*'];
const cleanUp = [
  'rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/*.log /var/log/apt',
  'find /usr/share/doc -type f ! -name copyright -delete; find /usr/share/doc -type l -delete',
  'rm -rf /usr/share/locale/* /usr/share/man/* /usr/share/info/* /usr/share/lintian',
].join('\n');

/** 12 hex digits over all that decides what is in the root file system, but for the versions in Debian's archive. */
export async function hashOfRoot(root: DebianRoot): Promise<string> {
  const overlay = await hashOfEntries(root.overlay ?? []);
  const { packages, variant = 'minbase', finish = '' } = root;
  const recipe = JSON.stringify([debianSuite, process.arch, packages, variant, overlay, finish, cleanUp, leftOut]);
  return createHash('sha256').update(recipe).digest('hex').slice(0, 12);
}

/**
 * The root file system as a tar file in the cache; made where it is not there yet (20 to 60 s).
 * By mmdebstrap where the host is Debian and has it, else by docker from Debian's own image.
 * @throws FiredrillError `command-failed` with the last lines of apt.
 */
export async function makeDebianRoot(root: DebianRoot, options: MakeOptions = {}): Promise<string> {
  const folder = join(cacheFolder(), 'debian');
  const path = join(folder, `${root.name}-${await hashOfRoot(root)}.tar`);
  if (await isThere(path)) return path;
  await mkdir(folder, { recursive: true });
  // Next to its final place, so that the rename cannot be a copy that is killed half-way.
  const work = await makeWorkingFolder(folder, root.name);
  try {
    const made = join(work, 'root.tar');
    const mode = await mmdebstrapMode();
    if (mode === undefined) await makeByDocker(root, work, made, options);
    else await makeByMmdebstrap(root, mode, made, options);
    await rename(made, path);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** How mmdebstrap can run here, or undefined where it cannot. */
async function mmdebstrapMode(): Promise<'root' | 'unshare' | undefined> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID=debian$/m.test(release) || !(await isOnPath('mmdebstrap'))) return undefined;
  const { uid, username } = userInfo();
  if (uid === 0) return 'root';
  const subordinate = await readFile('/etc/subuid', 'utf8').catch(() => '');
  const mayUnshare = new RegExp(`^(${username}|${uid}):`, 'm').test(subordinate) && (await isOnPath('newuidmap'));
  return mayUnshare ? 'unshare' : undefined;
}

async function makeByMmdebstrap(
  root: DebianRoot,
  mode: 'root' | 'unshare',
  made: string,
  options: MakeOptions,
): Promise<void> {
  // mmdebstrap's user namespace cannot read a folder that only its caller may: what it reads lies in a public one.
  const shared = await mkdtemp(join(tmpdir(), 'firedrill-debian-'));
  try {
    const overlay = join(shared, 'overlay.tar');
    await writeTar(overlay, root.overlay ?? []);
    const inRoot = (script: string): string => `--customize-hook=chroot "$1" sh -euc ${quoted(script)}`;
    const args = [
      `--mode=${mode}`,
      `--variant=${root.variant ?? 'minbase'}`,
      '--format=tar',
      '--skip=output/dev',
      ...(root.packages.length === 0 ? [] : [`--include=${root.packages.join(',')}`]),
      ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      `--aptopt=Apt::Install-Recommends "false"`,
      ...(root.overlay ? [`--customize-hook=tar-in ${overlay} /`] : []),
      inRoot(root.finish ?? ':'),
      inRoot(cleanUp),
      debianSuite,
      made,
      ...debianLines(debianSuite, await readAptSources()),
    ];
    await runOrThrow('mmdebstrap', args, {
      signal: options.signal,
      onLine: options.onProgress,
      cwd: shared,
      // The same packages give the same archive, whenever it is made (reproducible-builds.org).
      env: { SOURCE_DATE_EPOCH: '1700000000' },
    });
  } finally {
    await rm(shared, { recursive: true, force: true });
  }
}

/** The Dockerfile that makes the same root file system where mmdebstrap is not to be had. */
export function dockerfileOf(root: DebianRoot): string {
  const script = (text: string): string => `RUN ${JSON.stringify(['sh', '-euc', text])}`;
  return [
    `FROM debian:${debianSuite}-slim`,
    script(
      [
        'export DEBIAN_FRONTEND=noninteractive',
        'apt-get update',
        `apt-get install -y --no-install-recommends ${root.packages.join(' ')}`,
      ].join('\n'),
    ),
    ...(root.overlay ? ['ADD overlay.tar /'] : []),
    script(root.finish ?? ':'),
    script(cleanUp),
    '',
  ].join('\n');
}

async function makeByDocker(root: DebianRoot, work: string, made: string, options: MakeOptions): Promise<void> {
  await writeFile(join(work, 'Dockerfile'), dockerfileOf(root));
  await writeTar(join(work, 'overlay.tar'), root.overlay ?? []);
  const tag = `firedrill/root-${root.name}:${await hashOfRoot(root)}`;
  const { signal, onProgress: onLine } = options;
  await runOrThrow('docker', ['build', '--tag', tag, work], { signal, onLine });
  const container = (await runOrThrow('docker', ['create', tag, 'none'], { signal })).trim();
  try {
    await runOrThrow('docker', ['export', '--output', made, container], { signal });
  } finally {
    await run('docker', ['rm', '--force', container]);
    await run('docker', ['rmi', '--no-prune', tag]);
  }
}

const isThere = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function isOnPath(program: string): Promise<boolean> {
  // Debian keeps some programs where an ordinary user's PATH does not look; mmdebstrap is not one of them.
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
