import { mkdirSync, mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { checkpointPath, foundAnew, restoreCheckpoint } from '../../scripts/lab/repair/checkpoint.ts';

function labWith(...checkpoints: (string | undefined)[]) {
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-checkpoint-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const layout = createLayout({ name: 'l' });
  const restored: string[] = [];
  const scripts: string[] = [];
  const on = (machine: string, script: string, options?: { input?: Uint8Array }) => {
    if (options?.input) {
      restored.push(`${machine} ${Buffer.from(options.input).toString()}`);
      scripts.push(script);
    }
    // The test ends here: what follows needs a cluster.
    return Promise.resolve({ exitCode: options?.input ? 1 : 0, stdout: '', stderr: 'no etcd here' });
  };
  const machinesWithRole = (role: 'etcd') => layout.machines.filter(({ roles }) => roles.includes(role));
  const lab = { folder, layout, on, machinesWithRole } as unknown as Lab;
  mkdirSync(join(folder, 'checkpoint'));
  for (const fault of checkpoints) writeFileSync(checkpointPath(lab, fault), fault ?? 'first boot');
  return { lab, restored, scripts };
}

test('the checkpoint before a fault is preferred, goes into all members, and is used once', async () => {
  const { lab, restored } = labWith(undefined, 'f1');
  const preferred = checkpointPath(lab, 'f1');
  await expect(restoreCheckpoint(lab, { preferred })).rejects.toMatchObject({ code: 'restore-failed' });
  expect(restored).toEqual(['e1 f1', 'e2 f1', 'e3 f1']);
  expect(existsSync(preferred)).toBe(false);
  await expect(restoreCheckpoint(lab, { preferred })).rejects.toMatchObject({ code: 'restore-failed' });
  expect(restored.slice(3)).toEqual(['e1 first boot', 'e2 first boot', 'e3 first boot']);
  expect(existsSync(checkpointPath(lab))).toBe(true);
});

test('a second restore of the same checkpoint counts through no number that the first has used', async () => {
  const { lab, scripts } = labWith(undefined);
  const restore = async (): Promise<number> => {
    await expect(restoreCheckpoint(lab)).rejects.toMatchObject({ code: 'restore-failed' });
    const raisedTo = scripts.splice(0).map((script) => /--bump-revision \$\(\((\d+) - kept\)\)/.exec(script)?.[1]);
    // All members together, by the same number.
    expect(raisedTo).toEqual([raisedTo[0], raisedTo[0], raisedTo[0]]);
    return Number(raisedTo[0]);
  };
  const first = await restore();
  const second = await restore();
  expect(second - first).toBeGreaterThan(100_000_000_000);
  expect(Number.isSafeInteger(second)).toBe(true);
});

/** A lab on which all that is asked works; what was done, in order. Members named in `replaced` say that they joined later. */
function workingLab(replaced: readonly string[] = []) {
  const { lab: bare } = labWith(undefined);
  const done: string[] = [];
  const controlPlaneRuns = () => done.includes('c1 systemctl start --no-block kubelet');
  const lab = {
    ...bare,
    on: (machine: string, script: string, options?: { input?: Uint8Array }) => {
      if (script.startsWith('grep')) return Promise.resolve({ exitCode: replaced.includes(machine) ? 0 : 1 });
      const { input } = options ?? {};
      done.push(`${machine} ${input ? `restored from ${Buffer.from(input).toString()}` : script}`);
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    },
    etcd: {
      members: () => Promise.resolve([{ answers: true, isLeader: true }]),
      ctl: ([, , path]: string[]) => {
        writeFileSync(path ?? '', 'now');
        return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
      },
      call: () => Promise.resolve({}),
    },
    kubernetes: {
      get: (path: string) =>
        path === '/version' && controlPlaneRuns() ? Promise.resolve({}) : Promise.reject(new Error()),
      servers: () => Promise.resolve([{ ready: controlPlaneRuns() }]),
      remove: (path: string) => {
        done.push(`removed ${path.split('/').at(-1) ?? ''}`);
        return Promise.resolve();
      },
    },
  } as unknown as Lab;
  return { lab, done };
}

test('where a member was replaced, all are founded anew with what they hold now', async () => {
  const { lab, done } = workingLab(['e2']);
  expect(await foundAnew(lab)).toBe(true);
  expect(done.filter((what) => what.includes('restored'))).toEqual([
    'e1 restored from now',
    'e2 restored from now',
    'e3 restored from now',
  ]);
  expect(existsSync(checkpointPath(lab))).toBe(true);
});

test('where none was replaced, nothing is done', async () => {
  const { lab, done } = workingLab();
  expect(await foundAnew(lab)).toBe(false);
  expect(done).toEqual([]);
});

test('no API server begins before every member of the old world has ended, and no kubelet ends a pod of it', async () => {
  const { lab, done } = workingLab();
  await restoreCheckpoint(lab);
  const begins = done.indexOf('c1 systemctl start --no-block kubelet');
  const before = done.slice(0, begins);
  const ended = (machine: string, what: string) =>
    before.findIndex((line) => line.startsWith(`${machine} `) && line.includes(what));
  for (const member of ['e1', 'e2', 'e3']) expect(ended(member, 'systemctl stop etcd')).toBeGreaterThanOrEqual(0);
  for (const node of ['c1', 'w1', 'w2'])
    expect(ended(node, 'systemctl stop kubelet kube-proxy')).toBeGreaterThanOrEqual(0);
  expect(ended('c1', 'pkill -9 -x kube-apiserver')).toBeGreaterThan(ended('c1', 'systemctl stop kubelet kube-proxy'));
  const starts = done.flatMap((line, index) => (line.endsWith('systemctl start --no-block etcd') ? [index] : []));
  const restored = done.flatMap((line, index) => (line.endsWith(' restored from first boot') ? [index] : []));
  expect([starts.length, restored.length]).toEqual([3, 3]);
  expect(Math.min(...starts)).toBeGreaterThan(Math.max(...restored));
});

test('a member that cannot be ended is not restored, and neither are the others', async () => {
  const { lab, done } = workingLab();
  const on: Lab['on'] = (machine, script, options) =>
    machine === 'e2' && script.includes('systemctl stop etcd')
      ? Promise.resolve({ exitCode: 1, stdout: '', stderr: 'it hangs' })
      : lab.on(machine, script, options);
  await expect(restoreCheckpoint({ ...lab, on })).rejects.toMatchObject({ code: 'restore-failed' });
  expect(done.filter((what) => what.includes('restored'))).toEqual([]);
});

test('when the API server is back, nobody waits for a leader that was killed, and all that watches it is started anew', async () => {
  const { lab, done } = workingLab();
  await restoreCheckpoint(lab);
  const back = done.findLastIndex((what) => what.endsWith('systemctl start --no-block etcd'));
  const anew = 'pkill -9 -x coredns; systemctl restart --no-block kubelet kube-proxy';
  expect(done.slice(back + 1).toSorted()).toEqual([
    `c1 ${anew}`,
    'removed kube-controller-manager',
    'removed kube-scheduler',
    `w1 ${anew}`,
    `w2 ${anew}`,
  ]);
});
