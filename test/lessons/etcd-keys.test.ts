import { expect, test } from 'vitest';
import { forgetKey } from '../../lessons/etcd-keys.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

function labWhere(answers: readonly string[]) {
  const asked: { member: string; path: string; key: string; end: string | undefined }[] = [];
  const decoded = (text: string) => Buffer.from(text, 'base64').toString();
  const call = (member: string, path: string, body: { key: string; range_end?: string }) => {
    const end = body.range_end === undefined ? undefined : decoded(body.range_end);
    asked.push({ member, path, key: decoded(body.key), end });
    return answers.includes(member) ? Promise.resolve({}) : Promise.reject(new Error('silent'));
  };
  const lab = { machinesWithRole: () => ['e1', 'e2', 'e3'].map((name) => ({ name })), etcd: { call } };
  return { lab: lab as unknown as Lab, asked };
}

const path = '/v3/kv/deleterange';

test('a key is removed by the first member that does it', async () => {
  const { lab, asked } = labWhere(['e2', 'e3']);
  await forgetKey(lab, '/a/key');
  expect(asked).toEqual([
    { member: 'e1', path, key: '/a/key', end: undefined },
    { member: 'e2', path, key: '/a/key', end: undefined },
  ]);
});

test('what is below a prefix is removed up to the next key that does not begin so', async () => {
  const { lab, asked } = labWhere(['e1']);
  await forgetKey(lab, '/a/', { andBelow: true });
  expect(asked).toEqual([{ member: 'e1', path, key: '/a/', end: '/a0' }]);
});

test('where none does it, nothing is wrong with that', async () => {
  const { lab, asked } = labWhere([]);
  await forgetKey(lab, '/a/key');
  expect(asked).toHaveLength(3);
});
