import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeStage } from '../../scripts/commands/one-stage.ts';

test('one stage runs on a lab at a time; one that was killed does not count', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'one-stage-'));
  try {
    const giveBack = await takeStage({ folder });
    await expect(takeStage({ folder })).rejects.toMatchObject({
      code: 'stage-runs',
      remedy: expect.stringContaining(`kill ${process.pid}`) as string,
    });
    await giveBack();
    await writeFile(join(folder, 'stage.lock'), JSON.stringify({ pid: process.pid, started: 'long ago', since: '' }));
    await (
      await takeStage({ folder })
    )();
    expect(await readdir(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
