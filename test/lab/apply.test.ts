import { expect, test } from 'vitest';
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
