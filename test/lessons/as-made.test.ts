import { describe, expect, test } from 'vitest';
import { differenceOf, type Found } from '../../lessons/as-made.ts';
import type { ApiObject } from '../../scripts/lab/lab.ts';

const kinds = { apiVersion: 'v1', kind: 'Any' };
const made = (name: string, spec: object = {}, metadata: object = {}): ApiObject => ({
  ...kinds,
  metadata: { name, managedFields: [{ manager: 'firedrill' }, { manager: 'kube-controller-manager' }], ...metadata },
  spec,
});
const pod = (name: string, nodeName: string, labels: Record<string, string>): ApiObject =>
  made(name, { nodeName }, { labels, ownerReferences: [{}], managedFields: [{ manager: 'kubelet' }] });
const deployment = made('guestbook', { replicas: 4 }, { annotations: { 'deployment.kubernetes.io/revision': '1' } });
const front = (number: number, node: string) => pod(`guestbook-${number}`, node, { app: 'guestbook' });
const primary = pod('redis-primary-0', 'w1', { app: 'redis', role: 'primary' });
const replica = pod('redis-replica-a', 'w2', { app: 'redis', role: 'replica' });
const whole: Found = {
  objects: [deployment, made('redis-data')],
  wanted: [deployment, made('redis-data')],
  pods: [front(1, 'w1'), front(2, 'w2'), front(3, 'w1'), front(4, 'w2'), primary, replica],
  workers: ['w1', 'w2'],
};
const withPod = (index: number, change: (one: ApiObject) => ApiObject): Found => ({
  ...whole,
  pods: whole.pods.map((one, at) => (at === index ? change(one) : one)),
});
const changed = (one: ApiObject, metadata: object): ApiObject => ({
  ...one,
  metadata: { ...one.metadata, ...metadata },
});

test('a guestbook that its manifest has just made differs in nothing', () => {
  expect(differenceOf(whole)).toBeUndefined();
});

describe('it differs where', () => {
  test('somebody set a field, of an object or of a pod', () => {
    const scaled = changed(deployment, { managedFields: [{ manager: 'firedrill' }, { manager: 'kubectl' }] });
    expect(differenceOf({ ...whole, objects: [scaled] })).toBe('kubectl has changed guestbook');
    const labelled = withPod(0, (one) => changed(one, { managedFields: [{ manager: 'kubectl-label' }] }));
    expect(differenceOf(labelled)).toBe('kubectl-label has changed guestbook-1');
  });

  test('its manifest would change something: another lesson gave it a limit', () => {
    const limited = made('guestbook', { replicas: 4, limits: 'some' });
    expect(differenceOf({ ...whole, objects: [limited, made('redis-data')] })).toBe(
      'guestbook is not what its manifest says',
    );
  });

  test('a new version was rolled out, be it back again', () => {
    const back = changed(deployment, { annotations: { 'deployment.kubernetes.io/revision': '3' } });
    expect(differenceOf({ ...whole, objects: [back], wanted: [back] })).toBe('guestbook was rolled out anew');
  });

  test("a pod is nobody's, or is going", () => {
    expect(differenceOf(withPod(1, (one) => changed(one, { ownerReferences: [] })))).toBe(
      'nothing would replace guestbook-2',
    );
    expect(differenceOf(withPod(1, (one) => changed(one, { deletionTimestamp: '2026-11-28' })))).toBe(
      'guestbook-2 is on its way out',
    );
  });

  test('pods stand together', () => {
    expect(differenceOf(withPod(1, () => front(2, 'w1')))).toBe('its pods are not spread');
    expect(differenceOf(withPod(5, () => ({ ...replica, spec: { nodeName: 'w1' } })))).toBe('its pods are not spread');
  });
});

test('it differs where a pod is missing or does not come up, and not where one is starting', () => {
  expect(differenceOf({ ...whole, pods: whole.pods.slice(1) })).toBe('it has 5 pods');
  const waiting = (reason: string) =>
    differenceOf(
      withPod(4, (one) => ({ ...one, status: { containerStatuses: [{ state: { waiting: { reason } } }] } })),
    );
  expect(waiting('CrashLoopBackOff')).toBe('redis-primary-0 does not come up');
  expect(waiting('ErrImagePull')).toBe('redis-primary-0 does not come up');
  expect(waiting('ContainerCreating')).toBeUndefined();
});
