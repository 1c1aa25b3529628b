import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { download, downloadText } from '../../scripts/bundle/download.ts';
import { sha256, temporaryFolder } from './folder.ts';
import { serveOnLoopback, slow, stalled, truncatedOnce, whole } from './server.ts';

const content = Buffer.from('0123456789'.repeat(2000));
const wanted = { sha256: sha256(content), stallSeconds: 10, retries: 1 };
let server: Awaited<ReturnType<typeof serveOnLoopback>> | undefined;
afterEach(() => server?.close());

const target = async (): Promise<string> => join(await temporaryFolder(), 'file');
const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

test('a good answer is written and verified', async () => {
  server = await serveOnLoopback({ '/file': content });
  const path = await target();
  await download(`${server.url}/file`, path, wanted);
  expect(await readFile(path)).toEqual(content);
});

test('a truncated answer is taken up where it ended', async () => {
  const { answer, cut } = truncatedOnce(content, 5000);
  server = await serveOnLoopback({ '/file': answer });
  const path = await target();
  await download(`${server.url}/file`, path, { ...wanted, onBytes: cut });
  expect(await readFile(path)).toEqual(content);
  expect(server.asked.map(({ range }) => range)).toEqual([undefined, 'bytes=5000-']);
});

test('a run that was killed is taken up by the next', async () => {
  server = await serveOnLoopback({ '/file': content });
  const path = await target();
  await writeFile(`${path}.part`, content.subarray(0, 7));
  await download(`${server.url}/file`, path, wanted);
  expect(server.asked[0]?.range).toBe('bytes=7-');
  expect(await readFile(path)).toEqual(content);
});

test('a wrong checksum leaves no file and no half one', async () => {
  server = await serveOnLoopback({ '/file': 'something else' });
  const path = await target();
  await expect(download(`${server.url}/file`, path, wanted)).rejects.toThrow(/wrong checksum/);
  expect(await isThere(path)).toBe(false);
  expect(await isThere(`${path}.part`)).toBe(false);
});

test('404 is told at once, without a second try', async () => {
  server = await serveOnLoopback({});
  await expect(download(`${server.url}/file`, await target(), wanted)).rejects.toThrow(/HTTP 404/);
  expect(server.asked).toHaveLength(1);
});

test('a stalled answer is given up', async () => {
  server = await serveOnLoopback({ '/file': stalled(content, 100) });
  await expect(
    download(`${server.url}/file`, await target(), { ...wanted, stallSeconds: 0.2, retries: 0 }),
  ).rejects.toThrow(/stalled: no byte in 0.2 s/);
});

test('a slow answer that moves is not given up, though it takes longer than a stall', async () => {
  server = await serveOnLoopback({ '/file': slow(content, 10, 90) });
  const path = await target();
  const shares: number[] = [];
  await download(`${server.url}/file`, path, {
    ...wanted,
    stallSeconds: 0.8,
    onBytes: (done, total) => shares.push(done / (total ?? 1)),
  });
  expect(await readFile(path)).toEqual(content);
  expect(shares.at(-1)).toBe(1);
  expect(server.asked).toHaveLength(1);
});

test('a server that is not there is unreachable', async () => {
  server = await serveOnLoopback({});
  server.close();
  const failed = download(`${server.url}/file`, await target(), wanted);
  await expect(failed).rejects.toMatchObject({
    unreachable: true,
    message: expect.stringMatching(/cannot be reached/) as string,
  });
});

test('an interruption ends a download', async () => {
  server = await serveOnLoopback({ '/file': stalled(content, 100) });
  const controller = new AbortController();
  const failed = download(`${server.url}/file`, await target(), {
    ...wanted,
    stallSeconds: 10,
    signal: controller.signal,
    onBytes: () => {
      controller.abort();
    },
  });
  await expect(failed).rejects.toThrow('Interrupted.');
});

test('a text of a server that never answers is given up', async () => {
  server = await serveOnLoopback({ '/text': () => undefined, '/good': whole('yes') });
  await expect(downloadText(`${server.url}/text`, { stallSeconds: 0.1 })).rejects.toThrow(/no answer/);
  expect(await downloadText(`${server.url}/good`)).toBe('yes');
});
