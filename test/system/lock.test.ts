import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeLock } from '../../scripts/system/lock.ts';
import { run } from '../../scripts/system/run.ts';
import { temporaryFolder } from '../bundle/folder.ts';

test('the second waits until the first is done, and is told for whom', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'lock');
  const order: string[] = [];
  const first = await takeLock(path);
  const second = takeLock(path, {
    pollMilliseconds: 5,
    onWait: ({ pid }) => {
      order.push(`waits for ${pid}`);
      order.push('first ends');
      void first();
    },
  });
  const giveBack = await second;
  order.push('second has it');
  expect(order).toEqual([`waits for ${process.pid}`, 'first ends', 'second has it']);
  await giveBack();
  expect(await readdir(folder)).toEqual([]);
});

test('the lock of a process that died is taken over', async () => {
  const path = join(await temporaryFolder(), 'lock');
  const { stdout } = await run('sh', ['-c', 'echo $$']);
  await writeFile(path, JSON.stringify({ pid: Number(stdout), started: '1', since: '' }));
  await (
    await takeLock(path)
  )();
});

test('a pid that was given to another process does not hold the lock', async () => {
  const path = join(await temporaryFolder(), 'lock');
  await writeFile(path, JSON.stringify({ pid: process.pid, started: 'long ago', since: '' }));
  await (
    await takeLock(path)
  )();
});

test('a damaged lock file does not hold the lock', async () => {
  const path = join(await temporaryFolder(), 'lock');
  await writeFile(path, '');
  await (
    await takeLock(path)
  )();
});

test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
  'of many at once, one has it at a time (%i)',
  async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'lock');
    await writeFile(path, JSON.stringify({ pid: process.pid, started: 'long ago', since: '' }));
    let holders = 0;
    const most: number[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const giveBack = await takeLock(path, { pollMilliseconds: 2 });
        most.push(++holders);
        await new Promise((resolve) => setImmediate(resolve));
        holders--;
        await giveBack();
      }),
    );
    expect(most).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(await readdir(folder)).toEqual([]);
  },
);

test('waiting ends with the interruption', async () => {
  const path = join(await temporaryFolder(), 'lock');
  const giveBack = await takeLock(path);
  const controller = new AbortController();
  const waiting = takeLock(path, {
    signal: controller.signal,
    onWait: () => {
      controller.abort();
    },
  });
  await expect(waiting).rejects.toThrow('Interrupted.');
  await giveBack();
});
