import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test, vi } from 'vitest';
import { endsWithUs } from '../../scripts/system/lifeline.ts';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const kills: (() => void)[] = [];
afterEach(() => {
  for (const kill of kills.splice(0)) kill();
});

const module = join(import.meta.dirname, '../../scripts/system/lifeline.ts');
const parent = `
import { spawn } from 'node:child_process';
import { endsWithUs } from ${JSON.stringify(module)};
const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
endsWithUs(child.pid);
console.log(child.pid);
setInterval(() => undefined, 1000);`;

test('a process ends with the one that started it, though that is killed', async () => {
  const starter: ChildProcess = spawn(process.execPath, ['--input-type=module', '--eval', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: starter.stdout! }), 'line')) as [string];
  const child = Number(line);
  kills.push(() => {
    if (isAlive(child)) process.kill(child, 'SIGKILL');
  });
  expect(isAlive(child)).toBe(true);
  starter.kill('SIGKILL');
  await vi.waitUntil(() => !isAlive(child), { timeout: 10_000 });
});

test('one that was released lives on', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  kills.push(() => child.kill('SIGKILL'));
  const release = endsWithUs(child.pid!);
  release();
  // The next one is watched in the same way: when it has ended, the first would have, too.
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(other, 'exit');
  const watcher = spawn('sh', ['-c', 'read -r _; kill -KILL "$1"', 'sh', String(other.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.stdin.end();
  await ended;
  expect(isAlive(child.pid!)).toBe(true);
});
