import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLab } from '../../scripts/lab/open.ts';
import { wrecks } from '../../scripts/soak/wrecks.ts';
import { firedrill, testLab } from '../support/program.ts';

beforeAll(async () => {
  process.env['XDG_STATE_HOME'] = testLab.environment.XDG_STATE_HOME;
  const ran = await firedrill(['lab', 'up', '--yes']);
  expect(ran, ran.all).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await firedrill(['lab', 'destroy', '--yes']);
});

describe('reset proves the baseline where', () => {
  it.each(wrecks)('$name', async ({ make }) => {
    await make(await openLab(testLab.name));
    const ran = await firedrill(['reset', '--to', '3', '--yes']);
    expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toMatch(/^Lost: .+\nKept: .+\nHow: .+ It takes \d+ to \d+ seconds\.$/m);
    expect(ran.stdout).toContain('its baseline was proven');
    const status = await firedrill(['lab', 'status']);
    expect(status, status.all).toMatchObject({ exitCode: 0 });
  });
});
