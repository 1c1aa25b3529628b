import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hostArchitecture, type Component } from '../../scripts/bundle/components.ts';
import { pinsOf } from '../../scripts/bundle/pins.ts';
import { releaseSource } from '../../scripts/bundle/release.ts';
import type { Source } from '../../scripts/bundle/source.ts';
import { openSupply, supplySource } from '../../scripts/bundle/supply.ts';
import { component, sha256, temporaryFolder } from './folder.ts';
import { serveOnLoopback, slow, stalled, truncatedOnce, type Answer } from './server.ts';

const content = Buffer.from('0123456789'.repeat(2000));
const missing: Answer = (_request, response) => response.writeHead(404).end();
/** Each time a connection that ends early. */
const truncated: Answer = (_request, response) => {
  response.writeHead(200, { 'Content-Length': content.length });
  response.write(content.subarray(0, 5000), () => response.destroy());
};

let server: Awaited<ReturnType<typeof serveOnLoopback>> | undefined;
afterEach(() => server?.close());

interface Limits {
  stallSeconds: number;
  retries: number;
}

/** A mirror that has one program. */
async function mirror(answer: string | Buffer | Answer, limits: Limits): Promise<{ source: Source; tool: Component }> {
  const tool = component('tool');
  const made = { version: tool.version, pins: pinsOf(tool), source: 'good', seconds: 1 };
  const files = { 'bin/tool': { sha256: sha256(content), size: content.length, component: 'tool' } };
  const manifest = JSON.stringify({ layout: 1, pins: '', components: { tool: made }, files });
  server = await serveOnLoopback({ '/manifest.json': manifest, '/bin/tool': answer });
  return { source: supplySource(await openSupply(server.url, { components: [tool], ...limits })), tool };
}

/** A project that releases one program. */
async function releases(
  answer: string | Buffer | Answer,
  limits: Limits,
): Promise<{ source: Source; tool: Component }> {
  server = await serveOnLoopback({ '/tool': answer, '/tool.sha256': sha256(content) });
  const release = { url: `${server.url}/tool`, checksumUrl: `${server.url}/tool.sha256`, files: { 'bin/tool': '' } };
  const tool = { ...component('tool', [release]), cost: { buildSeconds: 1, downloadMegabytes: 0.02 } };
  return { source: releaseSource({ downloadFolder: await temporaryFolder(), ...limits }), tool };
}

describe.each([
  { from: 'a mirror', open: mirror },
  { from: 'official releases', open: releases },
])('from $from', ({ open }) => {
  const limits = { stallSeconds: 10, retries: 0 };
  const get = async (answer: string | Buffer | Answer, changes: Partial<Limits> = {}) => {
    const { source, tool } = await open(answer, { ...limits, ...changes });
    const into = await temporaryFolder();
    const left: (number | undefined)[] = [];
    await source.get(tool, into, { onSecondsLeft: (seconds) => left.push(seconds) });
    expect(await readFile(join(into, 'bin/tool'))).toEqual(content);
    return left;
  };

  test('a good answer is taken', async () => {
    await get(content);
  });

  test.each<[string, string | Buffer | Answer, RegExp, Partial<Limits>]>([
    ['a wrong checksum', 'something else', /wrong checksum/, {}],
    ['404', missing, /HTTP 404/, {}],
    ['an answer that ends early, each time', truncated, /\/tool: /, { retries: 1 }],
    ['an answer that stalls', stalled(content, 5000), /stalled: no byte in 0.2 s/, { stallSeconds: 0.2 }],
  ])('%s is refused with its reason', async (_, answer, reason, changes) => {
    await expect(get(answer, changes)).rejects.toThrow(reason);
  });

  test('an answer that broke once is taken up where it ended', async () => {
    let open = true;
    const { answer, cut } = truncatedOnce(content, 5000);
    const cutSoon: Answer = (request, response) => {
      answer(request, response);
      if (open) setImmediate(cut);
      open = false;
    };
    await get(cutSoon, { retries: 1 });
    expect(server?.asked.filter(({ path }) => path.endsWith('/tool'))).toHaveLength(2);
  });

  test('a slow answer that moves is awaited, and what is left of it is told', async () => {
    const left = await get(slow(content, 12, 90), { stallSeconds: 0.9 });
    const told = left.filter((seconds) => seconds !== undefined);
    expect(told.length).toBeGreaterThan(2);
    expect(told[0]).toBeLessThan(3);
    expect(told.at(-1)).toBeCloseTo(0);
  });
});

test('the machines have the architecture of the host; another one is another bundle', () => {
  const real = Object.getOwnPropertyDescriptor(process, 'arch');
  const tool = component('tool');
  const on = (arch: string): [string, string] => {
    Object.defineProperty(process, 'arch', { ...real, value: arch });
    return [hostArchitecture(), pinsOf(tool)];
  };
  try {
    const [[intel, pins], [arm, otherPins]] = [on('x64'), on('arm64')];
    expect([intel, arm]).toEqual(['amd64', 'arm64']);
    expect(pins).not.toBe(otherPins);
  } finally {
    if (real) Object.defineProperty(process, 'arch', real);
  }
});
