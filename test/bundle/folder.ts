import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Component, Release } from '../../scripts/bundle/components.ts';
import type { Source } from '../../scripts/bundle/source.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-bundle-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** A component of one program, which no test builds. */
export const component = (name: string, releases: readonly Release[] = []): Component => ({
  name,
  version: '1.0.0',
  packages: { [`bin/${name}`]: `example.com/${name}` },
  releases: () => releases,
  cost: { buildSeconds: 1, downloadMegabytes: 1 },
});

/** A source that has every component, and counts what it is asked for. */
export function goodSource(name = 'good'): Source & { asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    asked,
    async get({ name: program, packages }, into) {
      asked.push(program);
      for (const path of Object.keys(packages)) {
        await mkdir(dirname(join(into, path)), { recursive: true });
        await writeFile(join(into, path), `program ${program}`);
      }
    },
  };
}

export const badSource = (name: string, reason: Error): Source => ({ name, get: () => Promise.reject(reason) });
