import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import { deleteEtcdKeys } from '../../scripts/faults/delete-etcd-keys.ts';
import { deleteRoute } from '../../scripts/faults/delete-route.ts';
import { moveFile } from '../../scripts/faults/move-file.ts';
import { stopService } from '../../scripts/faults/stop-service.ts';
import { stopServices } from '../../scripts/faults/stop-services.ts';
import { wayBackFrom } from '../../scripts/faults/fault.ts';
import { checkpointBefore, createFaults, type Faults } from '../../scripts/faults/faults.ts';
import { faultsLeft } from '../../scripts/faults/left.ts';
import { hostLeasePath } from '../../scripts/faults/on-host.ts';
import { injectScript, undoScript } from '../../scripts/faults/on-machine.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { quoted, run } from '../../scripts/system/run.ts';
import { fakeLab } from './fake-lab.ts';
import { addHostPrograms } from './host-programs.ts';
import { kinds } from './kinds.ts';
import { LocalMachine, whyNoLocalMachine } from './local-machine.ts';

vi.setConfig({ testTimeout: 60_000 });
/** Processes of this computer that name a folder. */
const running = async (folder: string): Promise<string> => (await run('pgrep', ['-f', folder])).stdout;
const why = whyNoLocalMachine();
test.runIf(process.env['CI'] === 'true')('CI can make a local machine', () => {
  expect(why).toBeUndefined();
});

describe.skipIf(why !== undefined)(`faults on a local machine${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let machine: LocalMachine;
  let folder: string;
  let lab: Lab;
  let faults: Faults;
  let healthy: string;
  const path = '/etc/kubernetes/scheduler.yaml';

  beforeAll(async () => {
    machine = await LocalMachine.start();
  });
  afterAll(() => {
    machine.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-faults-'));
    lab = fakeLab(folder, machine.handle);
    faults = createFaults(lab);
    healthy = machine.fingerprint();
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
    expect(machine.fingerprint()).toBe(healthy);
  });

  describe.each(Object.entries(kinds))('%s', (_, faultOf) => {
    test('bites, and a fresh process puts everything back', async () => {
      await faults.inject(faultOf(lab));
      expect(machine.fingerprint()).not.toBe(healthy);
      const reports = await createFaults(lab).undoAll();
      expect(reports).toMatchObject([{ outcome: 'undone' }]);
      expect(await faults.open()).toEqual([]);
    });

    test('cut short after any of its lines, it is put back', () => {
      const { inject, undo = '' } = faultOf(lab);
      const lines = inject.split('\n');
      const rounds = [-1, ...lines.keys()].map((count) =>
        [
          `export FAULT_ID=x${count + 1} FAULT_DIR=/run/part-${count + 1} KEPT=/var/lib/kept-${count + 1}; mkdir $FAULT_DIR`,
          `sh -euc ${quoted([...lines.slice(0, count + 1), 'exit 5'].join('\n'))} 2>/dev/null`,
          `for time in first second; do sh -euc ${quoted(undo)} || echo "failed after line ${count}"; done`,
          'rm -rf $FAULT_DIR $KEPT',
        ].join('\n'),
      );
      expect(machine.run(rounds.join('\n')).stdout).toBe('');
      expect(machine.fingerprint()).toBe(healthy);
    });
  });

  test('the lease alone puts it back, and renewing then tells that it expired', async () => {
    const injected = await faults.inject(deleteRoute('w1', '10.2.22.0/24'), { leaseSeconds: 60 });
    expect(await faults.renew(injected)).toBe('held');
    machine.endLeases();
    machine.fireTimers();
    expect(machine.fingerprint()).toBe(healthy);
    expect(await createFaults(lab).renew(injected)).toBe('expired');
    expect(await faults.open()).toEqual([]);
  });

  test('renewing too late (the laptop slept) puts it back and says expired', async () => {
    const injected = await faults.inject(stopService('w1', 'etcd.service'));
    machine.endLeases();
    expect(await faults.renew(injected)).toBe('expired');
  });

  test('a machine tells of a fault whose journal is lost, until its lease is over', async () => {
    const { id } = await faults.inject(moveFile('w1', path));
    expect(await faultsLeft(lab, ['w1'])).toMatchObject({ orphans: [], unknown: [] });
    await rm(join(folder, 'faults.jsonl'));
    expect(await faultsLeft(lab, ['w1'])).toEqual({ running: [], orphans: [], unknown: [`w1 (${id})`] });
    machine.endLeases();
    machine.fireTimers();
    expect((await faultsLeft(lab, ['w1'])).unknown).toEqual([]);
  });

  test('lease and two processes at once: exactly one undoes it', async () => {
    const undo = 'echo once >> /srv/undone';
    const proof = 'true';
    const injected = await faults.inject({
      kind: 'test',
      machine: 'w1',
      title: 'nothing',
      inject: 'true',
      proof,
      undo,
    });
    machine.endLeases();
    const outcomes = await Promise.all([
      lab.on('w1', '$(cat /srv/timers/*)'),
      faults.undo(injected),
      createFaults(lab).undo(injected),
    ]);
    expect(outcomes[0]).toMatchObject({ exitCode: 0, stderr: '' });
    expect(machine.run('cat /srv/undone; rm -f /srv/undone').stdout).toBe('once');
  });

  test('a machine without the mark of this lab is left alone', async () => {
    await expect(
      createFaults(fakeLab(folder, machine.handle, { name: 'other-lab' })).inject(stopService('w1', 'etcd.service')),
    ).rejects.toMatchObject({
      code: 'not-this-lab',
    });
    expect(await faults.open()).toEqual([]);
  });

  test('on several machines each has its lease, and all are put back when one of them is over', async () => {
    const second = await LocalMachine.start();
    try {
      const both = createFaults(fakeLab(folder, machine.handle, { w2: second.handle }));
      const fault = stopServices(['w1', 'w2'], 'etcd.service');
      second.run('mv /etc/firedrill/lab /etc/firedrill/away');
      await expect(both.inject(fault)).rejects.toThrow('w2 does not carry this lab');
      expect(machine.fingerprint()).toBe(healthy);
      second.run('mv /etc/firedrill/away /etc/firedrill/lab');
      const wellBefore = second.fingerprint();
      const injected = await both.inject(fault);
      expect(wayBackFrom(fault)).toBe('lease');
      expect(await both.renew(injected)).toBe('held');
      expect(machine.fingerprint()).not.toBe(healthy);
      second.endLeases();
      expect(await both.renew(injected)).toBe('expired');
      expect([machine.fingerprint(), second.fingerprint()]).toEqual([healthy, wellBefore]);
      expect(await both.open()).toEqual([]);
    } finally {
      second.stop();
    }
  });

  test('what cannot be injected is named, and does nothing', async () => {
    await expect(faults.inject(stopService('w1', 'nginx.service'))).rejects.toThrow('nginx.service does not run');
    expect(await faults.open()).toEqual([]);
  });

  test('interrupted while it waits for a fault to bite, it undoes that', async () => {
    const fault = { ...moveFile('w1', path), proof: 'false' };
    const signal = AbortSignal.timeout(300);
    await expect(faults.inject(fault, { signal })).rejects.toThrow();
    expect(await faults.open()).toEqual([]);
  });

  test('after a reboot, what outlives it is put back', async () => {
    await faults.inject(moveFile('w1', path));
    const journal = join(folder, 'faults.jsonl');
    await writeFile(journal, (await readFile(journal, 'utf8')).replace(/"boot":"[^"]+"/, '"boot":"earlier"'));
    machine.run('rm -rf /run/firedrill /srv/timers/*');
    expect(await faults.undoAll()).toMatchObject([{ outcome: 'gone' }]);
  });

  test('an injection that arrives after its undo is refused', async () => {
    const fault = moveFile('w1', path);
    await lab.on('w1', undoScript('drill-lab', 'late', fault.undo ?? '', 'same-boot'));
    expect((await lab.on('w1', injectScript('drill-lab', 'late', fault, 60))).exitCode).toBe(95);
  });

  test('a file that somebody else has put there meanwhile is kept', async () => {
    await faults.inject(moveFile('w1', path));
    machine.run(`cp -a ${path.replace('scheduler.yaml', '.scheduler.yaml')}.firedrill-* ${path}; echo mine >> ${path}`);
    await faults.undoAll();
    expect(machine.run(`cat ${path}; sed -i /mine/d ${path}`).stdout).toBe('manifest\nmine');
  });

  test('power is cut and given by the host', async () => {
    addHostPrograms(folder);
    const fault = cutPower(lab, 'w1');
    expect(wayBackFrom(fault)).toBe('lease');
    expect(cutPower(lab, 'w1', 'w2').onHost?.undo).toEqual(['docker', 'start', 'drill-lab-w1', 'drill-lab-w2']);
    const injected = await faults.inject(fault);
    expect(await faults.renew(injected)).toBe('held');
    expect(await readdir(folder)).toContain('off');
    expect(await faults.undoAll()).toMatchObject([{ outcome: 'undone' }]);
    expect((await readdir(folder)).sort()).toEqual(['bin', 'faults.jsonl']);
    expect(await faults.renew(injected)).toBe('expired');
  });

  test('the host gives power back by itself when the lease is over, and its process ends', async () => {
    addHostPrograms(folder);
    const injected = await faults.inject(cutPower(lab, 'w1'), { leaseSeconds: 1 });
    expect(await running(folder)).not.toBe('');
    await vi.waitFor(async () => {
      expect((await readdir(folder)).sort()).toEqual(['bin', 'faults.jsonl']);
      expect(await running(folder)).toBe('');
    }, 15_000);
    expect(await createFaults(lab).renew(injected)).toBe('expired');
    expect(await faults.open()).toEqual([]);
  });

  test('renewing a power cut too late gives power back and says expired', async () => {
    addHostPrograms(folder);
    const injected = await faults.inject(cutPower(lab, 'w1'));
    await writeFile(hostLeasePath(lab, injected.id), `${Math.floor(Date.now() / 1000)}\n`);
    expect(await faults.renew(injected)).toBe('expired');
    expect((await readdir(folder)).sort()).toEqual(['bin', 'faults.jsonl']);
  });

  test('deleted keys need a reset, which closes them', async () => {
    addHostPrograms(folder);
    const injected = await faults.inject(deleteEtcdKeys('w1'));
    await expect(faults.undo(injected)).rejects.toMatchObject({ code: 'fault-needs-reset' });
    expect(await faults.undoAll()).toMatchObject([{ outcome: 'needs-reset' }]);
    // The reset goes back to what was kept before the first of them.
    await faults.inject(deleteEtcdKeys('w1'));
    const checkpoint = checkpointBefore(lab, await faults.open());
    expect(checkpoint).toBe(join(folder, `checkpoint/before-${injected.id}.db`));
    expect(await readFile(checkpoint!, 'utf8')).toBe('a snapshot');
    await faults.closeAfterReset();
    expect(await faults.open()).toEqual([]);
    expect(await readdir(join(folder, 'checkpoint'))).toEqual([]);
    expect(checkpointBefore(lab, [await faults.inject(moveFile('w1', path))])).toBeUndefined();
    await faults.undoAll();
  });
});
