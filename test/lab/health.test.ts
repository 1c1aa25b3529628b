import { expect, test } from 'vitest';
import type { EtcdMember } from '../../scripts/lab/lab.ts';
import { isWhole, membersInWords } from '../../scripts/lab/health.ts';

const leads: EtcdMember = { name: 'e1', answers: true, isLeader: true };
const answers: EtcdMember = { name: 'e2', answers: true, isLeader: false };
const silent: EtcdMember = { name: 'e3', answers: false, why: 'connection refused' };

test('etcd is whole when all its members answer, and one of them leads', () => {
  expect(isWhole([leads, answers])).toBe(true);
  expect(isWhole([answers, answers])).toBe(false);
  expect(isWhole([leads, answers, silent])).toBe(false);
});

test('what is said of its members names the one that is missing, and why', () => {
  expect(membersInWords([leads, answers, silent])).toBe(
    'e1 leads; e2 answers; e3 does not answer (connection refused)',
  );
});
