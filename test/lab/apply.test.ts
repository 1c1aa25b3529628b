import { describe, expect, test } from 'vitest';
import { createApply } from '../../scripts/lab/apply.ts';
import type { ApiRequest } from '../../scripts/lab/api-servers.ts';

const groups: Record<string, { name: string; kind: string; namespaced: boolean }[]> = {
  '/api/v1': [
    { name: 'services', kind: 'Service', namespaced: true },
    { name: 'services/status', kind: 'Service', namespaced: true },
    { name: 'persistentvolumes', kind: 'PersistentVolume', namespaced: false },
  ],
  '/apis/apps/v1': [{ name: 'deployments', kind: 'Deployment', namespaced: true }],
};

function cluster(refuses?: string) {
  const asked: ApiRequest[] = [];
  const ask = (request: ApiRequest) => {
    asked.push(request);
    const resources = groups[request.path];
    if (resources) return Promise.resolve({ status: 200, body: JSON.stringify({ resources }) });
    if (refuses !== undefined && request.path.includes(refuses)) {
      return Promise.resolve({ status: 422, body: '{"message":"spec.ports: Required value"}' });
    }
    return Promise.resolve({ status: 200, body: request.body ?? '{}' });
  };
  return { asked, ...createApply(ask) };
}

const manifest = `
# A comment.
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
---
apiVersion: v1
kind: Service
metadata: { name: web }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: kube-system }
---
`;

test('each object of a manifest is applied where the cluster keeps its kind, in order, and each group is asked once', async () => {
  const { apply, asked } = cluster();
  expect((await apply(manifest)).map(({ kind }) => kind)).toEqual(['PersistentVolume', 'Service', 'Deployment']);
  expect(asked.map(({ method = 'GET', path }) => `${method} ${path}`)).toEqual([
    'GET /api/v1',
    'PATCH /api/v1/persistentvolumes/disk?fieldManager=firedrill&force=true',
    'PATCH /api/v1/namespaces/default/services/web?fieldManager=firedrill&force=true',
    'GET /apis/apps/v1',
    'PATCH /apis/apps/v1/namespaces/kube-system/deployments/web?fieldManager=firedrill&force=true',
  ]);
  expect(asked[1]?.headers).toEqual({ 'content-type': 'application/apply-patch+yaml' });
});

test('a dry run changes nothing, and paths are told without one', async () => {
  const { apply, asked, pathsOf } = cluster();
  await apply(manifest, { dryRun: true });
  const patches = asked.filter(({ method }) => method === 'PATCH');
  expect(patches).toHaveLength(3);
  expect(patches.every(({ path }) => path.endsWith('&dryRun=All'))).toBe(true);
  expect(await pathsOf(manifest)).toEqual(patches.map(({ path }) => path.replace(/\?.*/, '')));
});

test('what the cluster refuses is named, with its reason; what comes after it is not applied', async () => {
  const { apply, asked } = cluster('/services/');
  await expect(apply(manifest)).rejects.toMatchObject({
    code: 'apply-failed',
    message: 'The cluster did not accept a manifest: Service web: spec.ports: Required value',
  });
  expect(asked.some(({ path }) => path.includes('deployments'))).toBe(false);
  await expect(apply('apiVersion: v1\nkind: Wish\nmetadata: { name: a }')).rejects.toThrow("v1 has no kind 'Wish'");
});

describe('what is on its way out would take a change, and go with it:', () => {
  const leaving = { kind: 'Service', metadata: { name: 'web', deletionTimestamp: '2026-11-30T12:00:00Z' } };
  const web = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }';
  /** A Service that is there, and then what is there in its place. */
  function goingThen(next: { status: number; body?: object }) {
    const asked: string[] = [];
    const answers = [leaving, leaving, leaving].map((body) => ({ status: 200, body: JSON.stringify(body) }));
    answers.push({ status: next.status, body: JSON.stringify(next.body ?? {}) });
    const ask = ({ method = 'GET', path, body = '' }: ApiRequest) => {
      const resources = groups[path];
      if (resources) return Promise.resolve({ status: 200, body: JSON.stringify({ resources }) });
      asked.push(method);
      return Promise.resolve(answers.shift() ?? { status: 200, body });
    };
    return { asked, ...createApply(ask) };
  }

  test.each([
    ['it is made anew when it is gone', { status: 404 }],
    ['it is set right where somebody else has made it anew', { status: 200, body: { metadata: { name: 'web' } } }],
  ])('%s', async (_, next) => {
    const { apply, asked } = goingThen(next);
    expect(await apply(web)).toEqual([{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } }]);
    expect(asked).toEqual(['PATCH', 'GET', 'GET', 'GET', 'PATCH']);
  });

  test('a dry run waits for nothing', async () => {
    const { apply, asked } = goingThen({ status: 404 });
    expect(await apply(web, { dryRun: true })).toMatchObject([leaving]);
    expect(asked).toEqual(['PATCH']);
  });
});
