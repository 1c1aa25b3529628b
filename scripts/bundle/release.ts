import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { runOrThrow } from '../system/run.ts';
import { hostArchitecture, type Component, type Release } from './components.ts';
import { download, DownloadError, downloadText, type DownloadOptions } from './download.ts';
import { secondsLeftFrom } from './progress.ts';
import type { Source, SourceContext } from './source.ts';

export interface ReleaseOptions {
  /** Where downloads are kept until their component is made: the next run goes on with them. */
  downloadFolder: string;
  stallSeconds?: number;
  retries?: number;
}

/** The projects' official releases, verified by the checksums that they publish beside them. */
export function releaseSource(options: ReleaseOptions): Source {
  const unreachable = new Map<string, DownloadError>();
  return {
    name: 'official release',
    async get(component, into, context) {
      const releases = component.releases(hostArchitecture());
      const known = releases.map((release) => unreachable.get(new URL(release.url).host)).find(Boolean);
      if (known) throw known;
      try {
        await getAll(component, releases, into, options, context);
      } catch (error) {
        if (error instanceof DownloadError && error.unreachable) {
          for (const release of releases) unreachable.set(new URL(release.url).host, error);
        }
        throw error;
      }
    },
  };
}

async function getAll(
  component: Component,
  releases: readonly Release[],
  into: string,
  options: ReleaseOptions,
  context: SourceContext,
): Promise<void> {
  const startedAt = performance.now();
  let before = 0;
  const kept: string[] = [];
  for (const release of releases) {
    const kind = createHash('sha256').update(release.url).digest('hex').slice(0, 12);
    const file = join(options.downloadFolder, `${kind}-${basename(new URL(release.url).pathname)}`);
    const limits = {
      signal: context.signal,
      ...(options.stallSeconds === undefined ? {} : { stallSeconds: options.stallSeconds }),
      ...(options.retries === undefined ? {} : { retries: options.retries }),
    };
    const from = before;
    const onBytes: DownloadOptions['onBytes'] = (done, total) => {
      before = from + done;
      const expected = Math.max(component.cost.downloadMegabytes * 1e6, from + (total ?? done));
      context.onSecondsLeft(secondsLeftFrom(before / expected, (performance.now() - startedAt) / 1000));
    };
    const sha256 = checksumFor(release, await downloadText(release.checksumUrl, limits));
    await download(release.url, file, { ...limits, sha256, onBytes });
    kept.push(file);
    await unpack(release, file, into, context);
  }
  for (const file of kept) await rm(file, { force: true });
}

/** The checksum of a release's file in what the project published: one alone, or the line that names it. */
export function checksumFor(release: Release, text: string): string {
  const name = basename(new URL(release.url).pathname);
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const line =
    lines.find(([, file]) => file !== undefined && basename(file.replace(/^\*/, '')) === name) ??
    lines.find((words) => words.length === 1 && words[0] !== '');
  const sha256 = line?.[0]?.toLowerCase() ?? '';
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new DownloadError(`${release.checksumUrl}: no checksum for ${name}`);
  return sha256;
}

async function unpack(release: Release, file: string, into: string, context: SourceContext): Promise<void> {
  const unpacked = join(into, '.unpacked');
  const members = Object.values(release.files).filter((member) => member !== '');
  try {
    if (members.length > 0) {
      await mkdir(unpacked, { recursive: true });
      await runOrThrow('tar', ['-xzf', file, '-C', unpacked, ...members], { signal: context.signal });
    }
    for (const [path, member] of Object.entries(release.files)) {
      const to = join(into, path);
      await mkdir(dirname(to), { recursive: true });
      if (member === '') await copyFile(file, to);
      else await rename(join(unpacked, member), to);
      await chmod(to, 0o755);
    }
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}
