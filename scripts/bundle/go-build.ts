import { access, chmod, mkdir, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { cacheFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';
import { hostArchitecture, type Component } from './components.ts';
import { diskFull, isDiskFull } from './disk.ts';
import { goModuleFolder } from './pins.ts';
import { tellTimeLeft } from './progress.ts';
import type { Source } from './source.ts';

/** Go's own caches for the builds, about 10 GB: apart from the person's, and removed when the bundle is complete. */
export const buildCacheFolder = (): string => join(cacheFolder(), 'build');

/** The oldest Go that can fetch the one that a go.mod asks for (https://go.dev/doc/toolchain). */
const oldestMinor = 21;

/** Where the official archive and Debian's versioned packages (golang-1.24-go) put Go; the PATH may not know. */
const usualPlaces = [
  '/usr/local/go/bin/go',
  '/usr/lib/go/bin/go',
  ...[30, 29, 28, 27, 26, 25, 24, 23, 22, 21].map((minor) => `/usr/lib/go-1.${minor}/bin/go`),
];

/**
 * The Go to build with.
 * @throws FiredrillError `go-missing` where there is none, or only one older than 1.21.
 */
export async function findGo(
  options: { signal?: AbortSignal | undefined; usualPlaces?: readonly string[] } = {},
): Promise<string> {
  const found: string[] = [];
  for (const go of ['go', ...(options.usualPlaces ?? usualPlaces)]) {
    const version = await versionOf(go, options.signal);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major > 1 || minor >= oldestMinor) return go;
    found.push(version);
  }
  const why =
    found[0] === undefined ? 'there is no Go on this computer' : `its Go ${found[0]} is older than 1.${oldestMinor}`;
  throw new FiredrillError(`The bundle cannot be built from Go modules: ${why}.`, {
    code: 'go-missing',
    remedy: "Run 'npx firedrill setup': it installs Go, after asking. Or use a bundle made elsewhere: --from URL|FILE.",
  });
}

async function versionOf(go: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  if (go.startsWith('/')) {
    try {
      await access(go);
    } catch {
      return undefined;
    }
  }
  try {
    // Outside a module, and without a switch of toolchain: the version of this very program.
    const { stdout } = await run(go, ['env', 'GOVERSION'], { signal, cwd: '/', env: { GOTOOLCHAIN: 'local' } });
    return /go(\d+\.\d+)/.exec(stdout)?.[1];
  } catch (error) {
    if (error instanceof FiredrillError && error.code === 'command-missing') return undefined;
    throw error;
  }
}

/** The command line of a component's build. Static, and without paths of this computer. */
export function buildArguments(component: Component, outFolder: string): string[] {
  const stamps = Object.entries(component.stamps ?? {}).map(([variable, value]) => `-X ${variable}=${value}`);
  const flags = ['-s -w', ...stamps, ...(component.cgo ? ['-extldflags -static'] : [])].join(' ');
  return [
    'build',
    '-trimpath',
    ...(component.tags ? ['-tags', component.tags] : []),
    '-ldflags',
    flags,
    '-o',
    `${outFolder}/`,
    ...Object.values(component.packages),
  ];
}

/** The name that `go build` gives to a main package: the last part of its path that is not a major version. */
export const builtName = (mainPackage: string): string => basename(mainPackage.replace(/\/v\d+$/, ''));

/** Builds a component's own main packages at the versions of its go.mod. */
export function goSource(): Source {
  let slowness = 2 / availableParallelism();
  return {
    name: 'Go modules',
    async get(component, into, { signal, onSecondsLeft }) {
      const go = await findGo({ signal });
      const startedAt = performance.now();
      const seconds = (): number => (performance.now() - startedAt) / 1000;
      const expected = component.cost.buildSeconds;
      const stopTelling = tellTimeLeft(expected * slowness, onSecondsLeft);
      const out = join(into, '.out');
      try {
        await mkdir(out, { recursive: true });
        await build(go, component, out, signal);
        await place(component, out, into);
        // What this computer needed for one component says something about the next.
        if (seconds() > 2) slowness = (slowness + seconds() / expected) / 2;
      } finally {
        stopTelling();
        await rm(out, { recursive: true, force: true });
      }
    },
  };
}

async function build(go: string, component: Component, out: string, signal?: AbortSignal): Promise<void> {
  const caches = buildCacheFolder();
  const scratch = join(caches, 'tmp');
  await mkdir(scratch, { recursive: true });
  const result = await run(go, buildArguments(component, out), {
    signal,
    // It leaves its compilers behind otherwise.
    withDescendants: true,
    cwd: goModuleFolder(component),
    env: {
      GOOS: 'linux',
      GOARCH: hostArchitecture(),
      CGO_ENABLED: component.cgo ? '1' : '0',
      GOTOOLCHAIN: 'auto',
      GOWORK: 'off',
      // modcacherw: or nobody could remove the cache with plain means.
      GOFLAGS: '-buildvcs=false -modcacherw',
      GOCACHE: join(caches, 'go-build'),
      GOMODCACHE: join(caches, 'go-mod'),
      // /tmp may be a small memory file system.
      GOTMPDIR: scratch,
    },
  });
  if (result.exitCode === 0) return;
  const said = result.stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('go: downloading'))
    .slice(-6)
    .join('\n');
  if (isDiskFull(new Error(result.stderr))) throw diskFull(caches, new Error(said));
  throw new FiredrillError(
    `go build of ${component.name} ${component.version} failed (exit code ${result.exitCode}).\n${said}`,
    {
      code: 'build-failed',
      remedy: component.cgo
        ? "It needs a C compiler and libseccomp's headers: 'npx firedrill setup' installs them."
        : 'Is the Go module proxy reachable from here? Then run the same again: what is built is kept.',
    },
  );
}

async function place(component: Component, out: string, into: string): Promise<void> {
  for (const [path, mainPackage] of Object.entries(component.packages)) {
    const to = join(into, path);
    await mkdir(dirname(to), { recursive: true });
    await rename(join(out, builtName(mainPackage)), to);
    await chmod(to, 0o755);
  }
}

/** Removes Go's caches, unless FIREDRILL_KEEP_BUILD_CACHE=1 says that a developer wants them. */
export async function removeBuildCache(): Promise<void> {
  if (process.env['FIREDRILL_KEEP_BUILD_CACHE'] === '1') return;
  await rm(buildCacheFolder(), { recursive: true, force: true });
}
