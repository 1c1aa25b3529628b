import { expect, it } from 'vitest';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { removeLeftovers } from '../../scripts/lab/repair/leftovers.ts';
import { cordonMark } from '../../scripts/lab/upgrade/drain.ts';

const node = (name: string, unschedulable: boolean, annotations = {}) => ({
  metadata: { name, annotations },
  spec: unschedulable ? { unschedulable } : {},
});

it('lets every node take pods again, and forgets an upgrade that was killed', async () => {
  const lists: Record<string, unknown[]> = {
    '/api/v1/namespaces': [],
    '/api/v1/nodes': [node('c1', false), node('w1', true), node('w2', true, { [cordonMark]: 'upgrade' })],
  };
  const commands: string[] = [];
  const lab = {
    layout: createLayout({ name: 'drill' }),
    onHost: (command: string) => {
      commands.push(command);
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
    },
    kubernetes: { get: (path: string) => Promise.resolve({ items: lists[path] }) },
  };
  await removeLeftovers(lab as unknown as Lab);
  const ofNodes = commands.filter((command) => / node | uncordon /.test(command));
  expect(ofNodes).toEqual([
    'kubectl uncordon w1',
    `kubectl patch node w2 --type=merge --patch '{"metadata":{"annotations":{"${cordonMark}":null}},"spec":{"unschedulable":null}}'`,
  ]);
});
