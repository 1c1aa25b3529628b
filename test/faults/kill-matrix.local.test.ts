import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { deathPoints } from '../../scripts/faults/die-at.ts';
import { createFaults } from '../../scripts/faults/faults.ts';
import { fakeLab } from './fake-lab.ts';
import { LocalMachine, whyNoLocalMachine } from './local-machine.ts';

vi.setConfig({ testTimeout: 60_000 });
const why = whyNoLocalMachine();

/** A single transaction at every point; a kind of many steps where it matters. All kinds on a real lab: `npm run soak -- faults`. */
const matrix = [
  ...deathPoints.map((point) => ({ kind: 'cut-traffic', point })),
  { kind: 'fill-disk', point: 'mid-injection' },
  { kind: 'fill-disk', point: 'mid-undo' },
];

describe.skipIf(why !== undefined)(`kill -9${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let machine: LocalMachine;
  beforeAll(async () => {
    machine = await LocalMachine.start();
  });
  afterAll(() => {
    machine.stop();
  });

  test.each(matrix)('$kind, $point: the next process puts it back', async ({ kind, point }) => {
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-kill-'));
    const healthy = machine.fingerprint();
    const { pid, shims } = machine.handle;
    const script = join(import.meta.dirname, 'dying-process.ts');
    const died = await execa(process.execPath, [script, folder, String(pid), shims, kind], {
      reject: false,
      env: { FIREDRILL_DIE_AT: point, FIREDRILL_DIE_AFTER_MS: '20' },
    });
    expect(died.signal, died.stderr).toBe('SIGKILL');
    const faults = createFaults(fakeLab(folder, machine.handle));
    expect(await faults.open()).toHaveLength(point === 'before-journal' ? 0 : 1);
    if (point === 'injected') expect(machine.fingerprint()).not.toBe(healthy);
    for (const report of await faults.undoAll()) expect(report).not.toHaveProperty('error');
    expect(machine.fingerprint()).toBe(healthy);
    expect(await faults.open()).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
