import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import { startCheckpointPath } from '../../scripts/lab/repair/checkpoint.ts';

/** Of a lab, what keeping a checkpoint needs: a folder of its own, and an etcd that answers, or not. */
export function labThatKeeps({ etcd = true } = {}): { lab: Lab; kept: () => boolean } {
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-start-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const ctl = ([, , path = '']: readonly string[]) => {
    if (etcd) writeFileSync(path, 'now');
    return Promise.resolve({ exitCode: etcd ? 0 : 1, stdout: '', stderr: 'no leader' });
  };
  const call = () => Promise.resolve({});
  const on = () => Promise.resolve({ exitCode: 0, stdout: '12:34', stderr: '' });
  const lab = { folder, machinesWithRole: () => [{ name: 'e1' }], etcd: { ctl, call }, on } as unknown as Lab;
  return { lab, kept: () => existsSync(startCheckpointPath(lab)) };
}
