import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Tail } from '../../scripts/stage/load/tail.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firedrill-test-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const drained = (tail: Tail): string => {
  const chunks: Buffer[] = [];
  tail.drain((chunk) => chunks.push(chunk));
  return Buffer.concat(chunks).toString();
};

test('a writer never waits for its reader, who gets everything, once', () => {
  const tail = new Tail();
  const write = (script: string): unknown =>
    execFileSync('sh', ['-c', script], { stdio: ['ignore', tail.fd, 'inherit'] });
  // More than any pipe takes. It returns, though nobody has read.
  write('yes 0123456 | head -c 2000000');
  expect(drained(tail)).toBe('0123456\n'.repeat(250_000));
  expect(drained(tail)).toBe('');
  write('echo more');
  expect(drained(tail)).toBe('more\n');
  tail.close();
});

test('it leaves no file, not even while it is used', () => {
  const tail = new Tail();
  expect(readdirSync(folder)).toEqual([]);
  tail.close();
});
