import { execa } from 'execa';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { deathPoints, type DeathPoint } from '../../scripts/faults/die-at.ts';
import { createFaults, type Faults } from '../../scripts/faults/faults.ts';
import { hostLeasePath } from '../../scripts/faults/on-host.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from './fake-lab.ts';
import { addHostPrograms } from './host-programs.ts';
import { kinds, kindsOfManyMachines } from './kinds.ts';
import { LocalMachine, whyNoLocalMachine } from './local-machine.ts';

vi.setConfig({ testTimeout: 60_000 });
const why = whyNoLocalMachine();

const names = [...Object.keys(kinds), ...Object.keys(kindsOfManyMachines)];
/** How a cell is undone: half of them by the next process, half by the lease alone. Nothing but a reset brings keys back. */
const wayOf = (kind: string, point: DeathPoint): 'faults undo --all' | 'the lease alone' | 'a reset' => {
  if (kind === 'delete-etcd-keys') return 'a reset';
  return (names.indexOf(kind) + deathPoints.indexOf(point)) % 2 === 0 ? 'faults undo --all' : 'the lease alone';
};

// One lane for each point, with machines of its own. A fault that cannot be undone is not dying while it is.
describe.concurrent.each(deathPoints)(`kill -9, %s${why === undefined ? '' : ` (skipped: ${why})`}`, (point) => {
  const cells = names
    .filter((kind) => !(kind === 'delete-etcd-keys' && point === 'mid-undo'))
    .map((kind) => ({ kind, way: wayOf(kind, point) }));
  let machines: { w1: LocalMachine; w2: LocalMachine };
  let healthy: { one: string; both: string };
  let cache: string;
  beforeAll(async () => {
    if (why !== undefined) return;
    machines = { w1: await LocalMachine.start(), w2: await LocalMachine.start() };
    healthy = { one: await stateOf('nowhere', false), both: await stateOf('nowhere', true) };
    cache = await mkdtemp(join(tmpdir(), 'firedrill-compiled-'));
  });
  afterAll(async () => {
    if (why !== undefined) return;
    for (const machine of Object.values(machines)) machine.stop();
    await rm(cache, { recursive: true });
  });

  /** The first machine, or both, and what is in the lab's folder beside its journal and the stand-ins. */
  const stateOf = async (folder: string, both: boolean): Promise<string> => {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    const kept = files.filter((file) => !/^(bin.*|faults.jsonl|checkpoint)$/.test(file));
    const looks = [machines.w1, ...(both ? [machines.w2] : [])].map((machine) => machine.fingerprintSoon());
    return [...(await Promise.all(looks)), ...kept].join('\n');
  };

  /** What the killed process has started on a machine or on the host goes on without it. */
  const nothingRuns = async (folder: string): Promise<void> => {
    const { w1, w2 } = machines;
    const pattern = `nsenter .*-t (${w1.handle.pid}|${w2.handle.pid}) |end-machines|${folder}/bin/etcdctl`;
    await vi.waitFor(async () => {
      expect((await execa('pgrep', ['-f', pattern], { reject: false })).stdout).toBe('');
    }, 10_000);
  };

  const undoAll = async (faults: Faults): Promise<void> => {
    for (const report of await faults.undoAll()) expect(report).not.toHaveProperty('error');
  };

  const leasesEnd = async (lab: Lab, faults: Faults): Promise<void> => {
    for (const { id, fault } of await faults.open()) {
      // Where it was armed at all.
      if (fault.onHost) await writeFile(hostLeasePath(lab, id), '0\n', { flag: 'r+' }).catch(() => undefined);
    }
    for (const machine of Object.values(machines)) {
      machine.endLeases();
      machine.fireTimers();
    }
  };

  test.skipIf(why !== undefined).each(cells)('$kind: back by $way', { concurrent: false }, async ({ kind, way }) => {
    const folder = await mkdtemp(join(tmpdir(), 'firedrill-kill-'));
    const both = kind in kindsOfManyMachines;
    const wanted = both ? healthy.both : healthy.one;
    addHostPrograms(folder);
    const [w1, w2] = [machines.w1.handle, machines.w2.handle];
    const script = join(import.meta.dirname, 'dying-process.ts');
    const died = await execa(process.execPath, [script, folder, kind, JSON.stringify({ w1, w2 })], {
      reject: false,
      env: { FIREDRILL_DIE_AT: point, FIREDRILL_DIE_AFTER_MS: '20', NODE_COMPILE_CACHE: cache },
    });
    expect(died.signal, died.stderr).toBe('SIGKILL');
    const lab = fakeLab(folder, w1, { w2 });
    const faults = createFaults(lab);
    expect(await faults.open()).toHaveLength(point === 'before-journal' ? 0 : 1);
    if (point === 'injected') expect(await stateOf(folder, both)).not.toBe(wanted);

    if (way === 'faults undo --all') await undoAll(faults);
    if (point.startsWith('mid-')) await nothingRuns(folder);
    if (way === 'the lease alone') await leasesEnd(lab, faults);
    if (way === 'a reset') {
      for (const { outcome } of await faults.undoAll()) expect(outcome).toMatch(/^(needs-reset|already)$/);
      for (const state of ['marked', 'deleted']) await rm(join(folder, state), { force: true });
      await faults.closeAfterReset();
    }
    // The lease of the host looks once a second.
    await vi.waitFor(async () => {
      expect(await stateOf(folder, both)).toBe(wanted);
    }, 10_000);
    // After the lease alone, this only closes the journal.
    await undoAll(faults);
    expect(await faults.open()).toEqual([]);
    if (both) {
      await vi.waitFor(async () => {
        expect((await execa('pgrep', ['-f', folder], { reject: false })).stdout).toBe('');
      }, 10_000);
    }
    await rm(folder, { recursive: true });
  });
});
