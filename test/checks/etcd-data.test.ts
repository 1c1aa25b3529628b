import { expect, test } from 'vitest';
import { appDoesNotAnswer } from '../../scripts/checks/app.ts';
import * as data from '../../scripts/checks/etcd-data.ts';
import { etcdMembersAreSilent, etcdMembersAreStarted, etcdMembersVote } from '../../scripts/checks/etcd-members.ts';
import { configMapIsGone, configMapIsThere } from '../../scripts/checks/objects.ts';
import type { Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab, type Answers } from './fake-lab.ts';

const file = 'backup/first.db';
const member = (name: string, answers: boolean, revision?: number) => ({
  name,
  answers,
  ...(revision === undefined ? {} : { revision }),
});
const status = { onHost: () => ({ stdout: '{"hash":1,"revision":400,"totalKey":21,"totalSize":20480}' }) };
const noFile = { onHost: () => ({ stdout: 'missing\n' }) };
const cutShort = { onHost: () => ({ exitCode: 2, stderr: 'panic: page 12 already freed' }) };
const compacted = { exitCode: 1, stderr: 'Error: etcdserver: mvcc: required revision has been compacted' };
const timedOut = { exitCode: 1, stderr: 'Error: context deadline exceeded' };
const raised = [member('e1', true, 1_000_000_420)];
const clusterOf = (id: string): Answers => ({
  ctl: { stdout: `{"header":{"cluster_id":${id}}}` },
  objects: { '/api/v1/namespaces/default/configmaps/before': { data: { cluster: '17237436991929493444' } } },
});
const twoClusters = (id: string): Answers => {
  const { objects, ctl } = clusterOf(id);
  return {
    ctl: ctl!,
    objects: { ...objects, '/api/v1/namespaces/default/configmaps/second': { data: { cluster: '42' } } },
  };
};
const both = data.etcdClusterIsNew('before', 'second');
const list = (last: string) => ({ ctl: { stdout: `8e, started, e1, https://a, https://b, false\n${last}\n` } });
const states = (...words: readonly string[]): Answers => ({
  on: (machine) => ({ stdout: `${words[Number(machine.slice(1)) - 1] ?? ''}\n` }),
});
const holds = data.snapshotHolds(file, '/a', 'Reset.');
const configMap = { objects: { '/api/v1/namespaces/default/configmaps/a': {} } };

const table: [string, Check, Answers, 'met' | 'unmet' | 'unknown', RegExp][] = [
  ['a snapshot', data.snapshotIsGood(file), status, 'met', /21 keys, revision 400/],
  ['no snapshot', data.snapshotIsGood(file), noFile, 'unmet', /no file \$LAB\/backup\/first.db/],
  ['one cut short', data.snapshotIsGood(file), cutShort, 'unmet', /cannot read/],
  ['no disk has data', data.etcdDataIsGone(), { on: () => ({ exitCode: 1 }) }, 'met', /no etcd member/],
  [
    'one disk has data',
    data.etcdDataIsGone(),
    { on: (machine) => ({ exitCode: machine === 'e2' ? 0 : 1 }) },
    'unmet',
    /^e2 still/,
  ],
  ['taken in time', holds, { ...status, ctl: { stdout: '/a\n' } }, 'met', /while etcd had/],
  ['taken too late', holds, { ...status, ctl: { stdout: '\n' } }, 'unmet', /revision 400 etcd had no such key/],
  ['taken long ago', holds, { ...status, ctl: compacted }, 'met', /not keep revision 400/],
  ['taken: no answer', holds, { ...status, ctl: timedOut }, 'unknown', /deadline/],
  ['taken: no file', holds, noFile, 'unknown', /missing/],
  ['no key', data.etcdKeyIsGone('/a'), { ctl: { stdout: '' } }, 'met', /no key/],
  ['a key', data.etcdKeyIsGone('/a'), { ctl: { stdout: '/a\n' } }, 'unmet', /still there/],
  ['a key: no answer', data.etcdKeyIsGone('/a'), { ctl: timedOut }, 'unknown', /deadline/],
  ['raised', data.revisionsWereRaised(file), { ...status, members: raised, ctl: compacted }, 'met', /raised/],
  ['raised, not compacted', data.revisionsWereRaised(file), { ...status, members: raised }, 'unmet', /400 can still/],
  ['not raised', data.revisionsWereRaised(file), { ...status, members: [member('e1', true, 420)] }, 'unmet', /is 420/],
  ['raised: nobody tells', data.revisionsWereRaised(file), { ...status, members: [] }, 'unknown', /no member/],
  ['raised: no file', data.revisionsWereRaised(file), { ...noFile, members: raised }, 'unknown', /missing/],
  ['another cluster', data.etcdClusterIsNew('before'), clusterOf('1'), 'met', /it was 172/],
  ['the same, to the last digit', data.etcdClusterIsNew('before'), clusterOf('17237436991929493444'), 'unmet', /still/],
  ['another in the last digit', data.etcdClusterIsNew('before'), clusterOf('17237436991929493445'), 'met', /it was/],
  ['another than both before', both, twoClusters('1'), 'met', /it was 42/],
  ['the same as the second', both, twoClusters('42'), 'unmet', /still 42/],
  ['the same as the first', both, twoClusters('17237436991929493444'), 'unmet', /still 172/],
  ['one before is not remembered', both, clusterOf('1'), 'met', /it was 172/],
  ['none before is remembered', data.etcdClusterIsNew('nowhere'), clusterOf('1'), 'unknown', /nobody tells/],
  ['cluster: no answer', both, { ...twoClusters('1'), down: true }, 'unknown', /ECONNREFUSED/],
  ['one silent', etcdMembersAreSilent(1), { members: [member('e1', true), member('e2', false)] }, 'met', /e2/],
  [
    'two silent',
    etcdMembersAreSilent(1),
    { members: [member('e1', false), member('e2', false)] },
    'unmet',
    /e1 and e2, that is more/,
  ],
  ['nobody silent', etcdMembersAreSilent(1), { members: [member('e1', true)] }, 'unmet', /every member/],
  ['all vote', etcdMembersVote(), list('9f, started, e2, https://a, https://b, false'), 'met', /e1 and e2/],
  ['one learns', etcdMembersVote(), list('9f, started, e2, https://a, https://b, true'), 'unmet', /e2 only learns/],
  ['one never started', etcdMembersVote(), list('9f, unstarted, , https://a, , true'), 'unmet', /has not started/],
  ['no list', etcdMembersVote(), { ctl: timedOut }, 'unknown', /deadline/],
  ['all started', etcdMembersAreStarted(), states('started', 'started', 'started'), 'met', /e1, e2 and e3 are started/],
  [
    'none started',
    etcdMembersAreStarted(),
    states('stopped', 'empty', 'stopped'),
    'unmet',
    /e3 are stopped, e2 has no/,
  ],
  ['one started', etcdMembersAreStarted(), states('empty', 'started', 'stopped'), 'unmet', /^e2 is started, e3 is/],
  ['started: no word', etcdMembersAreStarted(), states('started', '', 'started'), 'unknown', /did not tell/],
  ['a config map', configMapIsThere('a'), configMap, 'met', /there is/],
  ['no config map', configMapIsThere('a'), {}, 'unmet', /there is no/],
  ['a config map too many', configMapIsGone('a'), configMap, 'unmet', /there is a/],
  ['no config map, as wanted', configMapIsGone('a'), {}, 'met', /there is no/],
  ['config map: no answer', configMapIsGone('a'), { down: true }, 'unknown', /does not answer/],
  ['the app is down', appDoesNotAnswer(), {}, 'met', /no answer/],
];

const machinesWithRole = () => ['e1', 'e2', 'e3'].map((name) => ({ name }));

test.each(table)('%s', async (_name, check, answers, kind, says) => {
  const lab = { ...fakeLab(answers), machinesWithRole } as unknown as Lab;
  const verdict = await check.look(lab);
  expect(verdict.kind).toBe(kind);
  expect(verdict.kind === 'unknown' ? verdict.why : verdict.saw).toMatch(says);
});

test.each([
  ['a snapshot that is gone', data.snapshotIsGood(file, 'Take another.'), noFile, 'Take another.'],
  ['one that is cut short', data.snapshotIsGood(file, 'Take another.'), cutShort, 'Take another.'],
  [
    'a restore that is not compacted',
    data.revisionsWereRaised(file),
    { ...status, members: raised },
    '--mark-compacted',
  ],
] as const)('%s comes with a hint', async (_name, check, answers: Answers, hint) => {
  expect(await check.look(fakeLab(answers))).toMatchObject({ hint: expect.stringContaining(hint) as string });
});
