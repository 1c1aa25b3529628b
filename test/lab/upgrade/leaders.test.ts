import { expect, test } from 'vitest';
import { hasLedSince, notLeadingSince, type Lease } from '../../../scripts/lab/upgrade/leaders.ts';
import type { Lab } from '../../../scripts/lab/lab.ts';

const since = Date.parse('2026-11-28T18:14:06Z') / 1000;
const lease = (acquireTime: string, renewTime: string): Lease => ({
  spec: { acquireTime: `2026-11-28T18:${acquireTime}Z`, renewTime: `2026-11-28T18:${renewTime}Z` },
});

test.each([
  ['the one before holds it still', lease('07:50.000000', '14:01.500000'), false],
  ['one has just taken it', lease('14:13.187472', '14:13.187472'), false],
  ['one that took it has renewed it', lease('14:13.187472', '14:14.190000'), true],
  ['one that was not restarted has renewed it', lease('07:50.000000', '14:06.700000'), true],
  ['nobody has ever held it', {}, false],
])('a lock: %s', (_, held, leads) => {
  expect(hasLedSince(held, since)).toBe(leads);
});

test('the one that does not lead yet is named', async () => {
  const leases: Record<string, Lease> = {
    'kube-controller-manager': lease('14:13.000000', '14:15.000000'),
    'kube-scheduler': lease('14:14.000000', '14:14.000000'),
  };
  const get = (path: string) => Promise.resolve(leases[path.split('/').at(-1) ?? '']);
  const lab = { kubernetes: { get } } as unknown as Lab;
  expect(await notLeadingSince(lab, since)).toBe('kube-scheduler');
  leases['kube-scheduler'] = lease('14:14.000000', '14:15.100000');
  expect(await notLeadingSince(lab, since)).toBeUndefined();
});
