import { expect, it } from 'vitest';
import { holdUps, type Budget, type Pod } from '../../scripts/lab/budgets.ts';

const pod = (name: string, more: Partial<Pod['metadata']> = {}, phase = 'Running'): Pod => ({
  metadata: { name, namespace: 'default', labels: { app: 'guestbook' }, ...more },
  status: { phase },
});
const budget = (selector: Budget['spec']['selector'], disruptionsAllowed = 0, namespace = 'default'): Budget => ({
  metadata: { name: 'guestbook', namespace },
  spec: selector ? { selector } : {},
  status: { disruptionsAllowed, desiredHealthy: 4, currentHealthy: 4 },
});
const guestbook = { matchLabels: { app: 'guestbook' } };

it('names the budget, what it needs, what there is, and the pods that it keeps', () => {
  expect(holdUps([pod('a'), pod('b'), pod('c', { labels: { app: 'other' } })], [budget(guestbook)])).toBe(
    'the disruption budget guestbook in default needs 4 healthy pods, and there are 4: a, b cannot go',
  );
});

it.each<[string, Pod, Budget]>([
  ['a budget that lets one go', pod('a'), budget(guestbook, 1)],
  ['a budget of another namespace', pod('a'), budget(guestbook, 0, 'other')],
  ['a budget for nobody', pod('a'), budget(undefined)],
  ['a pod that is going', pod('a', { deletionTimestamp: 'now' }), budget(guestbook)],
  ['a pod that has ended', pod('a', {}, 'Succeeded'), budget(guestbook)],
  ['a pod of a DaemonSet', pod('a', { ownerReferences: [{ kind: 'DaemonSet' }] }), budget(guestbook)],
  ['a static pod', pod('a', { annotations: { 'kubernetes.io/config.mirror': 'x' } }), budget(guestbook)],
])('%s holds nobody up', (_, onNode, kept) => {
  expect(holdUps([onNode], [kept])).toBeUndefined();
});

it.each([
  ['In', ['guestbook'], true],
  ['In', ['other'], false],
  ['NotIn', ['other'], true],
  ['NotIn', ['guestbook'], false],
  ['Exists', undefined, true],
  ['DoesNotExist', undefined, false],
])('the expression %s %o of a selector', (operator, values, holds) => {
  const expression = { key: 'app', operator, ...(values ? { values } : {}) };
  expect(holdUps([pod('a')], [budget({ matchExpressions: [expression] })]) !== undefined).toBe(holds);
});

it('an empty selector takes every pod of its namespace', () => {
  expect(holdUps([pod('a', { labels: {} })], [budget({})])).toContain('a cannot go');
});
