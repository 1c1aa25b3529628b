import { expect, it } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { removeLeftovers } from '../../scripts/lab/repair/leftovers.ts';
import { cordonMark } from '../../scripts/lab/upgrade/drain.ts';

const node = (name: string, unschedulable: boolean, annotations = {}) => ({
  metadata: { name, annotations },
  spec: unschedulable ? { unschedulable } : {},
});

it('lets every node take pods again, forgets an upgrade that was killed, and removes objects before what they made, but for an app that stays', async () => {
  const lists: Record<string, unknown[]> = {
    '/api/v1/namespaces': [],
    '/api/v1/nodes': [node('c1', false), node('w1', true), node('w2', true, { [cordonMark]: 'upgrade' })],
  };
  const commands: string[] = [];
  const removed: string[] = [];
  const remove = (path: string) => {
    removed.push(path);
    return Promise.resolve();
  };
  const lab = {
    layout: createLayout({ name: 'drill' }),
    onHost: (command: string) => {
      commands.push(command);
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
    },
    kubernetes: { get: (path: string) => Promise.resolve({ items: lists[path] }), remove },
  };
  await removeLeftovers(lab as unknown as Lab, {
    paths: ['/apis/apps/v1/namespaces/default/deployments/guestbook', '/api/v1/namespaces/default/services/guestbook'],
    labels: ['guestbook'],
  });
  expect(commands).toEqual([
    'kubectl uncordon w1',
    `kubectl patch node w2 --type=merge --patch '{"metadata":{"annotations":{"${cordonMark}":null}},"spec":{"unschedulable":null}}'`,
  ]);
  const kinds = removed.map((path) => path.replace(/\?.*/, '').split('/').at(-1));
  expect(kinds.indexOf('deployments')).toBeLessThan(kinds.indexOf('replicasets'));
  expect(kinds.indexOf('replicasets')).toBeLessThan(kinds.indexOf('pods'));
  const of = (kind: string) => {
    const query = new URLSearchParams(removed.find((path) => path.includes(`/${kind}?`))?.replace(/.*\?/, ''));
    return [query.get('fieldSelector'), query.get('labelSelector')];
  };
  expect(of('services')).toEqual(['metadata.name!=kubernetes,metadata.name!=guestbook', '']);
  expect(of('deployments')).toEqual(['metadata.name!=guestbook', 'app!=toolbox']);
  expect(of('statefulsets')).toEqual(['', 'app!=toolbox']);
  expect(of('pods')).toEqual(['', 'app notin (toolbox,guestbook)']);
});
