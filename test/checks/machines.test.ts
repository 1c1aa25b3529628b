import { expect, test } from 'vitest';
import * as etcd from '../../scripts/checks/etcd.ts';
import { fileIsThere, serviceIsActive, serviceIsInactive } from '../../scripts/checks/machines.ts';
import * as network from '../../scripts/checks/network.ts';
import type { Check } from '../../scripts/checks/verdict.ts';
import { fakeLab, type Answers } from './fake-lab.ts';

const member = (name: string, leaderId?: string) => ({
  name,
  memberId: `id-${name}`,
  answers: leaderId !== undefined,
  ...(leaderId === undefined ? {} : { leaderId }),
});
const allOfThree = [member('e1', 'id-e2'), member('e2', 'id-e2'), member('e3', 'id-e2')];
const oneSilent = [member('e1'), member('e2', 'id-e2'), member('e3', 'id-e2')];
const oneOfThree = [member('e1'), member('e2', 'id-e2'), member('e3')];
const timedOut = { exitCode: 1, stderr: '{"level":"warn"}\nError: context deadline exceeded' };
const broken = { exitCode: 1, stderr: 'Error: open /ca.crt: no such file or directory' };
const memberList = '8e, started, e1, https://a, https://b, false\n9f, unstarted, , https://a, , false\n';

/** kubectl exec, as `inPod` runs it: what the pod printed, and its exit code. */
const podSays = (stdout: string, exitCode: number): Answers => ({
  onHost: () => ({ stdout: `${stdout}\nfiredrill-ended=${exitCode}\n` }),
});
const noPod: Answers = { onHost: () => ({ exitCode: 1, stderr: 'Error from server (NotFound): pods "toolbox"' }) };
const machineSays = (stdout: string, exitCode = 0, stderr = ''): Answers => ({
  on: () => ({ stdout, exitCode, stderr }),
});
const route = '10.2.202.0/24 via 10.0.3.202 dev eth0 \n';
const nowhere = { says: 'a pod on w2', find: () => Promise.resolve(undefined) };

const table: [string, Check, Answers, 'met' | 'unmet' | 'unknown', RegExp][] = [
  ['a leader', etcd.etcdHasLeader(), { members: allOfThree }, 'met', /e2 leads; e1, e2 and e3 answer/],
  ['a leader, one silent', etcd.etcdHasLeader(), { members: oneSilent }, 'met', /e2 leads.*e1 does not/],
  ['one of three calls itself leader', etcd.etcdHasLeader(), { members: oneOfThree }, 'unmet', /no leader/],
  ['nobody answers', etcd.etcdHasLeader(), { members: [member('e1')] }, 'unmet', /no member answers/],
  ['could not ask', etcd.etcdHasLeader(), { members: new Error('no docker') }, 'unknown', /no docker/],
  ['three answer', etcd.etcdMembersAnswer(3), { members: allOfThree }, 'met', /e1, e2 and e3/],
  ['two answer', etcd.etcdMembersAnswer(3), { members: oneSilent }, 'unmet', /e1 does not/],
  ['quorum', etcd.etcdHasQuorum(), {}, 'met', /answered a read/],
  ['no quorum', etcd.etcdHasQuorum(), { ctl: timedOut }, 'unmet', /deadline exceeded/],
  ['quorum: etcdctl is broken', etcd.etcdHasQuorum(), { ctl: broken }, 'unknown', /no such file/],
  ['lost', etcd.etcdLostQuorum(), { ctl: timedOut }, 'met', /did not answer/],
  ['not lost', etcd.etcdLostQuorum(), {}, 'unmet', /answered a read/],
  ['lost: etcdctl is broken', etcd.etcdLostQuorum(), { ctl: broken }, 'unknown', /no such file/],
  ['two in the list', etcd.etcdMemberCountIs(2), { ctl: { stdout: memberList } }, 'met', /e1 and one without a name/],
  ['not three', etcd.etcdMemberCountIs(3), { ctl: { stdout: memberList } }, 'unmet', /e1/],
  ['no list', etcd.etcdMemberCountIs(3), { ctl: timedOut }, 'unknown', /did not give/],
  ['key', etcd.etcdKeyIs('a', 'b'), { ctl: { stdout: 'b\n' } }, 'met', /a is b/],
  ['other value', etcd.etcdKeyIs('a', 'b'), { ctl: { stdout: 'c\n' } }, 'unmet', /a is c/],
  ['no key', etcd.etcdKeyIs('a', 'b'), {}, 'unmet', /no value/],
  ['key: no answer', etcd.etcdKeyIs('a', 'b'), { ctl: timedOut }, 'unknown', /did not answer/],

  ['active', serviceIsActive('e1', 'etcd'), machineSays('active\n'), 'met', /is active/],
  ['stopped', serviceIsActive('e1', 'etcd'), machineSays('inactive\n', 3), 'unmet', /is inactive/],
  ['inactive', serviceIsInactive('e1', 'etcd'), machineSays('failed\n', 3), 'met', /is failed/],
  ['on its way down', serviceIsInactive('e1', 'etcd'), machineSays('deactivating\n', 3), 'unmet', /deactivating/],
  ['no systemd', serviceIsInactive('e1', 'etcd'), machineSays('', 1, 'Failed to connect to bus'), 'unknown', /bus/],
  ['file', fileIsThere('e1', '/a'), machineSays('yes\n'), 'met', /is there/],
  ['no file', fileIsThere('e1', '/a'), machineSays('no\n'), 'unmet', /no \/a/],
  ['file: no answer', fileIsThere('e1', '/a'), machineSays('', 255), 'unknown', /does not tell/],

  ['route', network.machineHasRoute('w1', '10.2.202.0/24'), machineSays(route), 'met', /via 10.0.3.202/],
  ['no route', network.machineHasRoute('w1', '10.2.202.0/24'), machineSays(''), 'unmet', /no route/],
  ['missing', network.routeIsMissing('w1', '10.2.202.0/24'), machineSays(''), 'met', /no route/],
  ['not missing', network.routeIsMissing('w1', '10.2.202.0/24'), machineSays(route), 'unmet', /via/],
  ['no ip', network.routeIsMissing('w1', '10.2.202.0/24'), machineSays('', 127, 'not found'), 'unknown', /not found/],
  ['dns', network.dnsAnswersFromPod('toolbox'), podSays('10.3.0.1', 0), 'met', /is 10.3.0.1/],
  ['dns times out', network.dnsAnswersFromPod('toolbox'), podSays(';; communications error', 9), 'unmet', /2 s/],
  ['dns says: no such name', network.dnsAnswersFromPod('toolbox'), podSays('', 0), 'unmet', /no answer/],
  ['dns is dead', network.dnsDoesNotAnswer('toolbox'), podSays(';; communications error', 9), 'met', /no answer/],
  ['dns lives', network.dnsDoesNotAnswer('toolbox'), podSays('10.3.0.1', 0), 'unmet', /10.3.0.1/],
  ['dns: no such pod', network.dnsDoesNotAnswer('toolbox'), noPod, 'unknown', /NotFound/],
  ['reaches', network.podReaches('toolbox', '10.2.202.3'), podSays('', 0), 'met', /answered/],
  ['reaches not', network.podReaches('toolbox', '10.2.202.3'), podSays('', 1), 'unmet', /did not answer/],
  ['cut', network.podDoesNotReach('toolbox', '10.2.202.3:6379'), podSays('', 1), 'met', /did not answer/],
  ['not cut', network.podDoesNotReach('toolbox', '10.2.202.3'), podSays('', 0), 'unmet', /answered/],
  ['no pod to ask', network.podDoesNotReach('toolbox', '10.2.202.3'), noPod, 'unknown', /cannot be asked/],
  ['no target', network.podDoesNotReach('toolbox', nowhere), podSays('', 1), 'unknown', /no address/],
];

test.each(table)('%s', async (_name, check, answers, kind, says) => {
  const verdict = await check.look(fakeLab(answers));
  expect(verdict.kind).toBe(kind);
  expect(verdict.kind === 'unknown' ? verdict.why : verdict.saw).toMatch(says);
});

test('a command in a pod reaches the pod whole, quotes and all', async () => {
  let sent = '';
  const lab = fakeLab({
    onHost: (command) => {
      sent = command;
      return { stdout: 'firedrill-ended=0' };
    },
  });
  await network.inPod(lab, 'toolbox', `echo 'a b'`);
  expect(sent).toContain(String.raw`-- sh -c 'echo '\''a b'\''; echo firedrill-ended=$?'`);
});
