import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { guestbookManifest } from '../../lessons/guestbook.ts';
import { pathsOf } from '../../lessons/objects.ts';

it('knows where each object of the guestbook is', async () => {
  expect((await pathsOf(await readFile(guestbookManifest, 'utf8'))).sort()).toEqual([
    '/api/v1/namespaces/default/persistentvolumeclaims/redis-data',
    '/api/v1/namespaces/default/services/guestbook',
    '/api/v1/namespaces/default/services/redis-primary',
    '/api/v1/namespaces/default/services/redis-replica',
    '/api/v1/persistentvolumes/redis-data',
    '/apis/apps/v1/namespaces/default/deployments/guestbook',
    '/apis/apps/v1/namespaces/default/deployments/redis-replica',
    '/apis/apps/v1/namespaces/default/statefulsets/redis-primary',
    '/apis/policy/v1/namespaces/default/poddisruptionbudgets/guestbook',
  ]);
  await expect(pathsOf('kind: Secret\nmetadata: {name: a}')).rejects.toThrow('kind Secret');
});
