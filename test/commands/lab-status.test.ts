import { expect, it } from 'vitest';
import { statusLines } from '../../scripts/commands/lab-status.ts';
import type { LabStatus } from '../../scripts/lab/status.ts';

const found = (over: Partial<LabStatus>): LabStatus => ({
  name: 'firedrill',
  size: 'default',
  provider: 'docker',
  machines: [
    { name: 'c1', roles: ['controller'], address: '10.0.3.101', sshPort: 8501, state: 'running', nodeReady: true },
  ],
  apiServer: { address: 'https://127.0.0.1:8443', answers: true },
  apiServers: [{ machine: 'c1', address: 'https://127.0.0.1:8443', ready: true }],
  app: undefined,
  ...over,
});

it('says whether the one API server answers', () => {
  expect(statusLines(found({})).at(-1)).toBe('API server https://127.0.0.1:8443: answers');
  const silent = { address: 'https://127.0.0.1:8443', answers: false, why: 'refused' };
  expect(statusLines(found({ apiServer: silent })).at(-1)).toBe(
    'API server https://127.0.0.1:8443: does not answer (refused)',
  );
});

it('says it of each controller where there are two', () => {
  const apiServers = [
    { machine: 'c1', address: 'https://127.0.0.1:8443', ready: false, why: 'refused' },
    { machine: 'c2', address: 'https://127.0.0.1:8444', ready: true },
  ];
  expect(statusLines(found({ size: 'ha', apiServers })).slice(-2)).toEqual([
    'API server of c1, https://127.0.0.1:8443: is not ready (refused)',
    'API server of c2, https://127.0.0.1:8444: is ready',
  ]);
});
