import { expect, test } from 'vitest';
import { staticPodsSettled } from '../../../scripts/lab/upgrade/move.ts';

const kubeletSince = 1000;

test.each([
  ['the old API server still runs: it will go', { apiServerSince: 900 }, 1002, false],
  ['none runs', { apiServerSince: undefined }, 1005, false],
  ['a new one runs', { apiServerSince: 1004 }, 1006, true],
  ['the kubelet wants the old one', { apiServerSince: 900, apiServerWanted: true }, 1002, true],
  ['the old one was left alone', { apiServerSince: 900 }, 1030, true],
])('a controller whose kubelet was restarted: %s', (_, seen, now, settled) => {
  expect(staticPodsSettled({ kubeletSince, apiServerWanted: false, ...seen }, now)).toBe(settled);
});
