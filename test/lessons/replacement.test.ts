import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import lesson from '../../lessons/08-etcd-restored-for-the-api-server/lesson.ts';
import { endedByWrongChecksum } from '../../lessons/08-etcd-restored-for-the-api-server/last-words.ts';
import { memberIsNew, rememberMember } from '../../lessons/08-etcd-restored-for-the-api-server/new-member.ts';
import { rightDiskScript } from '../../lessons/08-etcd-restored-for-the-api-server/right-disk.ts';
import type { Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab, type Answers } from '../checks/fake-lab.ts';

const said = (msg: string, error?: string): Answers => ({
  on: () => ({
    stdout: `{"level":"fatal","caller":"etcdserver/bootstrap.go:631","msg":"${msg}"${error ? `,"error":"${error}"` : ''}}\n`,
  }),
});
const mismatch = "walpb: crc mismatch: expected: a3 computed: b7: in file '0-0.wal' at position: 16";
const member = (memberId?: string) =>
  memberId === undefined ? { name: 'e2', answers: false } : { name: 'e2', answers: true, memberId };
const remembered = { ctl: { stdout: '8e9e\n' } };

const table: [string, Check, Answers, 'met' | 'unmet' | 'unknown', RegExp][] = [
  ['a wrong checksum', endedByWrongChecksum('e3'), said('failed to read WAL', mismatch), 'met', /computed: b7/],
  ['a log cut short', endedByWrongChecksum('e3'), said('failed to read WAL', 'unexpected EOF'), 'unmet', /EOF/],
  ['another end', endedByWrongChecksum('e3'), said('discovery failed'), 'unmet', /discovery failed/],
  ['no last words', endedByWrongChecksum('e3'), { on: () => ({ exitCode: 1 }) }, 'unmet', /has not said/],
  ['a new member', memberIsNew('e2'), { members: [member('91bc')], ...remembered }, 'met', /is 91bc; it was 8e9e/],
  ['the old member', memberIsNew('e2'), { members: [member('8e9e')], ...remembered }, 'unmet', /as before/],
  ['no member', memberIsNew('e2'), { members: [member()], ...remembered }, 'unmet', /does not answer/],
  ['nobody wrote it down', memberIsNew('e2'), { members: [member('8e9e')] }, 'unknown', /nobody wrote/],
  ['no quorum', memberIsNew('e2'), { ctl: { exitCode: 1, stderr: 'Error: deadline' } }, 'unknown', /deadline/],
];

test.each(table)('%s', async (_name, check, answers, kind, says) => {
  const verdict = await check.look(fakeLab(answers));
  expect(verdict.kind).toBe(kind);
  expect(verdict.kind === 'unknown' ? verdict.why : verdict.saw).toMatch(says);
});

test('a member that cannot be asked is not remembered', async () => {
  await expect(rememberMember(fakeLab({ members: [member()] }), 'e2', 0.1)).rejects.toMatchObject({
    code: 'no-member',
  });
  const silent = fakeLab({ members: [member('8e9e')], ctl: { exitCode: 1 } });
  await expect(rememberMember(silent, 'e2', 0.1)).rejects.toMatchObject({ code: 'no-member' });
  await rememberMember(fakeLab({ members: [member('8e9e')] }), 'e2');
});

test.each([
  ['A disk is gone', 'e2'],
  ['A byte is wrong', 'e3'],
])('%s: the old member does not count, whatever else is well', (heading, machine) => {
  const step = lesson.steps[heading];
  const claims = step?.kind === 'drill' ? step.recovered.map(({ claim }) => claim) : [];
  expect(claims).toContain(`the etcd member on ${machine} is a new one`);
});

/** A machine in the middle of the last step: `data` and `newer` hold one file each, named for what they are. */
function rolledBack(state: { data: boolean; newer: boolean; panics: boolean; well: boolean }) {
  const root = mkdtempSync(join(tmpdir(), 'right-disk-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const disk = (name: string) => join(root, 'etcd', name);
  for (const name of ['old', ...(state.data ? ['data'] : []), ...(state.newer ? ['newer'] : [])]) {
    mkdirSync(disk(name), { recursive: true });
    writeFileSync(join(disk(name), 'is'), name);
  }
  mkdirSync(join(root, 'bin'));
  const programs = {
    systemctl: `echo "$*" >> ${root}/calls`,
    journalctl: state.panics ? 'echo "panic: tocommit(9) is out of range [lastIndex(4)]"' : 'echo started',
    etcdctl: `exit ${state.well ? 0 : 1}`,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const script = rightDiskScript.replaceAll('/var/lib/etcd', join(root, 'etcd'));
  const { status } = spawnSync('sh', ['-c', script], {
    env: { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}` },
  });
  return {
    status,
    data: readFileSync(join(disk('data'), 'is'), 'utf8'),
    left: ['old', 'newer'].filter((name) => existsSync(disk(name))),
    calls: existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [],
  };
}

const restarted = ['stop etcd', 'start --no-block etcd'];
test.each([
  ['one that panics', { data: true, newer: true, panics: true, well: false }, 'newer', restarted],
  ['one without a disk', { data: false, newer: true, panics: false, well: false }, 'newer', restarted],
  ['one that is well again', { data: true, newer: true, panics: true, well: true }, 'data', []],
  ['one that is silent for another reason', { data: true, newer: true, panics: false, well: false }, 'data', []],
  ['one that was never rolled back', { data: true, newer: false, panics: true, well: false }, 'data', []],
])('what becomes of the disk of %s', (_name, state, data, calls) => {
  expect(rolledBack(state)).toEqual({ status: 0, data, left: [], calls });
});

test('every etcd machine is looked at when the lesson cleans up, and one that is off keeps nobody', async () => {
  const scripts: string[] = [];
  const lab = {
    on: (machine: string, script: string) => {
      // By then all are back, as the first boot made them.
      if (script.startsWith('grep')) return Promise.resolve({ exitCode: 1 });
      if (script === rightDiskScript) scripts.push(machine);
      return machine === 'e1' ? Promise.reject(new Error('off')) : Promise.resolve({ exitCode: 0 });
    },
    machinesWithRole: () => ['e1', 'e2', 'e3'].map((name) => ({ name })),
    etcd: {
      ctl: () => Promise.resolve({ exitCode: 0 }),
      members: () => Promise.resolve([{ answers: true, isLeader: true }]),
    },
  } as unknown as Lab;
  await lesson.cleanUp?.(lab);
  expect(scripts).toEqual(['e1', 'e2', 'e3']);
});
