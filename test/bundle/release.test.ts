import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { components, filesOf, type Release } from '../../scripts/bundle/components.ts';
import { checksumFor, releaseSource } from '../../scripts/bundle/release.ts';
import { runOrThrow } from '../../scripts/system/run.ts';
import { component, sha256, temporaryFolder } from './folder.ts';
import { serveOnLoopback, type Answer } from './server.ts';

let server: Awaited<ReturnType<typeof serveOnLoopback>> | undefined;
afterEach(() => server?.close());

const context = { onSecondsLeft: () => undefined };
const released = (url: string, member: string): Release => ({
  url: `${url}/tool-v1.tgz`,
  checksumUrl: `${url}/SHA256SUMS`,
  files: { 'bin/tool': member },
});

async function archiveOf(content: string): Promise<Buffer> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'tool'), content);
  await runOrThrow('tar', ['-czf', join(folder, 'tool.tgz'), '-C', folder, './tool']);
  return readFile(join(folder, 'tool.tgz'));
}

async function get(answers: (archive: Buffer) => Record<string, string | Buffer | Answer>) {
  server = await serveOnLoopback(answers(await archiveOf('the tool')));
  const into = await temporaryFolder();
  const source = releaseSource({ downloadFolder: await temporaryFolder(), stallSeconds: 10, retries: 0 });
  const tool = component('tool', [released(server.url, './tool')]);
  return { source, into, tool, done: source.get(tool, into, context) };
}

test('a release is verified, unpacked and laid out', async () => {
  const { done, into } = await get((archive) => ({
    '/tool-v1.tgz': archive,
    '/SHA256SUMS': `${'0'.repeat(64)}  other.tgz\n${sha256(archive)}  tool-v1.tgz\n`,
  }));
  await done;
  expect(await readFile(join(into, 'bin/tool'), 'utf8')).toBe('the tool');
});

test('a release whose checksum differs is refused', async () => {
  const { done } = await get((archive) => ({
    '/tool-v1.tgz': archive,
    '/SHA256SUMS': `${'0'.repeat(64)}  tool-v1.tgz\n`,
  }));
  await expect(done).rejects.toThrow(/wrong checksum/);
});

test('a checksum file without the release is refused before the download', async () => {
  const { done } = await get((archive) => ({ '/tool-v1.tgz': archive, '/SHA256SUMS': '<html>not found</html>' }));
  await expect(done).rejects.toThrow(/no checksum for tool-v1.tgz/);
  expect(server?.asked.map(({ path }) => path)).toEqual(['/SHA256SUMS']);
});

test('a host that cannot be reached is asked once in a run', async () => {
  const { done, source, tool, into } = await get(() => ({}));
  await expect(done).rejects.toThrow(/HTTP 404/);
  server?.close();
  await expect(source.get(tool, into, context)).rejects.toThrow(/cannot be reached/);
  const known = await source.get(tool, into, context).catch((error: unknown) => error);
  await expect(source.get(tool, into, context)).rejects.toBe(known);
});

test('checksums are read in each form that the projects publish', () => {
  const release = released('http://x', 'tool');
  const sum = 'a'.repeat(64);
  for (const text of [sum, `${sum}\n`, `${sum}  tool-v1.tgz`, `${sum} *tool-v1.tgz\n`, `x  y\n${sum}  ./tool-v1.tgz`]) {
    expect(checksumFor(release, text)).toBe(sum);
  }
});

test('official releases yield exactly the files that a build yields, on both architectures', () => {
  for (const each of components) {
    for (const architecture of ['amd64', 'arm64'] as const) {
      const releases = each.releases(architecture);
      expect(releases.flatMap(({ files }) => Object.keys(files)).sort()).toEqual(filesOf(each).sort());
      for (const { url } of releases) {
        expect(url).toContain(architecture);
        expect(url).toContain(each.version);
      }
    }
  }
});
