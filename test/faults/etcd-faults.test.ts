import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { corruptEtcdLog } from '../../scripts/faults/corrupt-etcd-log.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import { loseEtcdData } from '../../scripts/faults/lose-etcd-data.ts';
import { stopService } from '../../scripts/faults/stop-service.ts';
import { stopServices } from '../../scripts/faults/stop-services.ts';

/** A folder that stands for a machine: its etcd data, and a `systemctl` that writes down what it is asked. */
function machine() {
  const root = mkdtempSync(join(tmpdir(), 'etcd-fault-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const wal = join(root, 'etcd/data/member/wal');
  mkdirSync(wal, { recursive: true });
  mkdirSync(join(root, 'bin'));
  mkdirSync(join(root, 'fault'));
  writeFileSync(join(wal, '0.wal'), Buffer.alloc(100, 7));
  const program = (name: string, script: string): void => {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  };
  const env = {
    PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`,
    FAULT_ID: 'f1',
    FAULT_DIR: join(root, 'fault'),
    KEPT: join(root, 'kept'),
  };
  program('systemctl', `echo "$*" >> ${root}/calls; [ "$1" != is-active ]`);
  return {
    root,
    wal,
    program,
    run: (script: string): number | null =>
      spawnSync('sh', ['-euc', script.replaceAll('/var/lib/etcd', join(root, 'etcd'))], { env }).status,
    calls: () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n'),
  };
}

const byteOf = (file: string): number | undefined => readFileSync(file)[40];

test('a lost disk comes back, unless the member was replaced meanwhile', () => {
  for (const isReplaced of [false, true]) {
    const { root, wal, run } = machine();
    const fault = loseEtcdData('e2');
    expect(run(fault.inject)).toBe(0);
    expect(run(fault.proof)).toBe(0);
    // What a refused start leaves does not count as a replacement.
    mkdirSync(join(root, 'etcd/data/member/snap'), { recursive: true });
    expect(run(fault.proof)).toBe(0);
    if (isReplaced) {
      mkdirSync(wal);
      writeFileSync(join(wal, '0.wal'), 'new');
      expect(run(fault.proof)).toBe(1);
    }
    expect([run(fault.undo ?? ''), run(fault.undo ?? '')]).toEqual([0, 0]);
    expect(readFileSync(join(wal, '0.wal')).length).toBe(isReplaced ? 3 : 100);
    expect(execFileSync('ls', ['-A', join(root, 'etcd')]).toString()).toBe('data\n');
  }
});

test('a wrong byte is put right, unless the log is another one now', () => {
  const { wal, run, calls } = machine();
  const file = join(wal, '0.wal');
  const fault = corruptEtcdLog('e3');
  expect(run(fault.inject)).toBe(0);
  expect(byteOf(file)).toBe(248);
  expect(run(fault.proof)).toBe(0);
  expect(calls().at(-1)).toBe('start --no-block etcd');
  expect(run(fault.undo ?? '')).toBe(0);
  expect(byteOf(file)).toBe(7);
  expect(run(fault.proof)).not.toBe(0);

  const other = machine();
  expect(other.run(fault.inject)).toBe(0);
  const newer = join(other.wal, '0.wal');
  writeFileSync(`${newer}.new`, Buffer.alloc(100, 248));
  execFileSync('mv', [`${newer}.new`, newer]);
  expect(other.run(fault.undo ?? '')).toBe(0);
  expect(byteOf(newer)).toBe(248);
});

test('an abrupt stop gives no time for a goodbye', () => {
  const script = (fault: Fault) => fault.inject.indexOf('kill --signal=KILL');
  expect(script(stopService('e1', 'etcd'))).toBe(-1);
  expect(script(stopService('e1', 'etcd', { abruptly: true }))).toBeGreaterThan(0);
});

test('a service that is being started does not count as stopped', () => {
  const { root, program, run, calls } = machine();
  const fault = stopServices(['e2', 'e3'], 'etcd');
  program('systemctl', `echo "$*" >> ${root}/calls; [ "$1" != is-active ] || cat ${root}/state`);
  expect(run(fault.inject)).toBe(0);
  expect(calls()).toEqual(['kill --signal=KILL etcd', 'stop etcd']);
  const proofWhile = (state: string): number | null => {
    writeFileSync(join(root, 'state'), `${state}\n`);
    return run(fault.proof);
  };
  expect(['inactive', 'failed', 'activating', 'active'].map(proofWhile)).toEqual([0, 0, 1, 1]);
  expect(run(fault.undo ?? '')).toBe(0);
  expect(calls().at(-1)).toBe('start --no-block etcd');
});
