import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FaultJournal } from '../../scripts/faults/journal.ts';
import type { Machine } from '../../scripts/lab/layout.ts';
import { becauseOf, causeOf } from '../../scripts/stage/causes.ts';
import { Doorkeeper } from '../../scripts/stage/doorkeeper.ts';
import type { EventKind, StageEvent } from '../../scripts/stage/event.ts';
import { Ledger } from '../../scripts/stage/ledger.ts';
import type { Second } from '../../scripts/stage/load/second.ts';
import { FaultWatch } from '../../scripts/stage/watch/fault-news.ts';
import { nodeSight, podSight } from '../../scripts/stage/watch/look.ts';
import { newsBetween } from '../../scripts/stage/watch/news.ts';
import type { NodeSight, PodSight, Sight } from '../../scripts/stage/watch/sight.ts';

const node = (name: string, more: Partial<NodeSight> = {}): NodeSight => ({
  name,
  ready: true,
  cordoned: false,
  excluded: false,
  version: 'v1.37.2',
  ...more,
});
const pod = (name: string, more: Partial<PodSight> = {}): PodSight => ({
  name,
  app: 'guestbook',
  machine: 'w1',
  ready: true,
  ending: false,
  restarts: 0,
  version: '1',
  ...more,
});
const member = (name: string, more: object = {}) => ({ name, answers: true, isLeader: false, raftTerm: 4, ...more });
const sight = (more: Partial<Sight> = {}): Sight => ({ at: 0, members: [], nodes: [], pods: [], off: [], ...more });

describe('what happened between two looks', () => {
  const kinds = (before: Partial<Sight>, after: Partial<Sight>): string[] =>
    newsBetween(sight(before), sight(after)).map(({ kind, machine }) => `${kind} ${machine ?? ''}`.trim());

  test.each<[string, Partial<Sight>, Partial<Sight>, string[]]>([
    ['nothing', { nodes: [node('w1')] }, { nodes: [node('w1')] }, []],
    ['power lost', { off: [] }, { off: ['w2'] }, ['machine-off w2']],
    ['power back', { off: ['w2'] }, { off: [] }, ['machine-on w2']],
    ['a node joins', { nodes: [] }, { nodes: [node('w3')] }, ['node-joined w3']],
    ['a node leaves', { nodes: [node('w3')] }, { nodes: [] }, ['node-left w3']],
    ['NotReady', { nodes: [node('w1')] }, { nodes: [node('w1', { ready: false })] }, ['node-not-ready w1']],
    ['cordoned', { nodes: [node('w1')] }, { nodes: [node('w1', { cordoned: true })] }, ['cordoned w1']],
    ['downgraded', { nodes: [node('w1')] }, { nodes: [node('w1', { version: 'v1.36.3' })] }, ['node-version w1']],
    ['a new pod, ready at once', {}, { pods: [pod('a')] }, ['pod-made w1', 'pod-ready w1']],
    ['a pod ends', { pods: [pod('a')] }, { pods: [pod('a', { ending: true })] }, ['pod-ending w1']],
    [
      'an ending pod is not ready',
      { pods: [pod('a', { ending: true })] },
      { pods: [pod('a', { ending: true, ready: false })] },
      [],
    ],
    ['a pod is gone', { pods: [pod('a'), pod('b')] }, { pods: [pod('b')] }, ['pod-gone w1']],
    [
      'the last pod that answers visitors is gone',
      { pods: [pod('a'), pod('b', { app: 'redis' })] },
      { pods: [pod('b', { app: 'redis' })] },
      ['pod-gone w1', 'no-pods'],
    ],
    ['Redis is gone', { pods: [pod('b', { app: 'redis' })] }, {}, ['pod-gone w1']],
    ['a pod fails', { pods: [pod('a')] }, { pods: [pod('a', { ready: false })] }, ['pod-unready w1']],
    ['a container dies', { pods: [pod('a')] }, { pods: [pod('a', { restarts: 1 })] }, ['pod-restarted w1']],
    ['the API falls silent', {}, { apiSilent: 'refused' }, ['api-silent']],
    [
      'another one leads',
      { members: [member('e1', { isLeader: true }), member('e2')] },
      { members: [member('e1', { answers: false }), member('e2', { isLeader: true, raftTerm: 5 })] },
      ['member-silent e1', 'leader e2'],
    ],
    ['nobody leads', { members: [member('e1', { isLeader: true })] }, { members: [member('e1')] }, ['no-leader']],
  ])('%s', (_, before, after, expected) => {
    expect(kinds(before, after)).toEqual(expected);
  });

  test('a node that is changed or leaves tells which pods stayed on it all the time', () => {
    const w2 = { machine: 'w2' };
    const stayed = pod('a', w2);
    const looks = (pods: readonly PodSight[], nodes: readonly NodeSight[]): Partial<Sight> => ({ pods, nodes });
    const before = looks([stayed, pod('gone', w2), pod('bound', { machine: '' }), pod('other')], [node('w2')]);
    const after = (nodes: readonly NodeSight[], ...pods: PodSight[]) =>
      newsBetween(sight(before), sight(looks(pods, nodes))).find(({ kind }) => kind.startsWith('node-'));
    const older = [node('w2', { version: 'v1.36.3' })];
    expect(after(older, stayed, pod('bound', w2), pod('new', w2), pod('other'))).toMatchObject({
      kind: 'node-version',
      podsLeft: ['a'],
    });
    expect(after([], stayed)).toMatchObject({ kind: 'node-left', podsLeft: ['a'] });
    expect(after(older, pod('bound', w2))).not.toHaveProperty('podsLeft');
  });

  test('objects of the API are read as they are', () => {
    const ready = [{ type: 'Ready', status: 'True' }];
    const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
    const seen = nodeSight({
      metadata: { name: 'w1', labels: { [label]: '' } },
      spec: { unschedulable: true },
      status: { conditions: ready, nodeInfo: { kubeletVersion: 'v1.37.2' } },
    });
    expect(seen).toEqual({ name: 'w1', ready: true, cordoned: true, excluded: true, version: 'v1.37.2' });
    const bare = podSight({
      metadata: { name: 'a', deletionTimestamp: 'now' },
      spec: { containers: [{ image: 'firedrill/guestbook:2' }] },
    });
    expect(bare).toEqual({ name: 'a', app: '', machine: '', ready: false, ending: true, restarts: 0, version: '2' });
  });
});

describe('doors', () => {
  const workers = ['w1', 'w2'].map((name) => ({ name }) as Machine);
  const answering = new Set(['w1', 'w2']);
  const keeper = () =>
    new Doorkeeper(({ name }) =>
      Promise.resolve(answering.has(name) ? { machine: name, address: `${name}:30080` } : undefined),
    );
  const both = [node('w1'), node('w2')];
  const openAt = (one: Doorkeeper) => one.doors.map(({ machine }) => machine);

  test.each<[string, Partial<NodeSight>, string]>([
    ['cordoned', { cordoned: true }, 'it is cordoned'],
    ['NotReady', { ready: false }, 'it is NotReady'],
    ['labelled', { excluded: true }, 'its label keeps load balancers away'],
  ])('a node that is %s gets no visitors, until it is not any more', async (_, change, why) => {
    const one = keeper();
    await one.look(workers, sight({ nodes: both }));
    expect(openAt(one)).toEqual(['w1', 'w2']);
    const closing = await one.look(workers, sight({ nodes: [node('w1'), node('w2', change)] }));
    expect(closing).toMatchObject([
      { kind: 'door-closed', machine: 'w2', says: expect.stringContaining(why) as string },
    ]);
    expect(one.states()).toContainEqual({ machine: 'w2', open: false, why });
    expect(await one.look(workers, sight({ nodes: both }))).toMatchObject([{ kind: 'door-opened', machine: 'w2' }]);
  });

  test('a Ready node is sent visitors only when the app answers through it', async () => {
    const one = keeper();
    answering.delete('w2');
    await one.look(workers, sight({ nodes: both }));
    expect(openAt(one)).toEqual(['w1']);
    answering.add('w2');
    await one.look(workers, sight({ nodes: both }));
    expect(openAt(one)).toEqual(['w1', 'w2']);
  });

  test('the last door stays open, and while the API server is silent all stays as it is', async () => {
    const one = keeper();
    await one.look(workers, sight({ nodes: both }));
    expect(await one.look(workers, sight({ nodes: both.map(({ name }) => node(name, { ready: false })) }))).toEqual([]);
    expect(openAt(one)).toEqual(['w1', 'w2']);
    expect(await one.look(workers, sight({ apiSilent: 'refused' }))).toEqual([]);
    expect(openAt(one)).toEqual(['w1', 'w2']);
  });

  test('a machine that was removed has no door', async () => {
    const one = keeper();
    await one.look(workers, sight({ nodes: both }));
    expect(await one.look(workers.slice(0, 1), sight({ nodes: both }))).toMatchObject([
      { kind: 'door-closed', machine: 'w2' },
    ]);
    expect(one.states()).toEqual([{ machine: 'w1', open: true, why: '' }]);
  });
});

const seconds = (at: number): number => 1_000_000 + at * 1000;
let id = 0;
const event = (at: number, kind: EventKind, machine?: string, more: Partial<StageEvent> = {}): StageEvent => ({
  id: ++id,
  at: seconds(at),
  kind,
  ...(machine === undefined ? {} : { machine }),
  says: `${kind} ${machine ?? ''}`,
  ...more,
});

describe('causes', () => {
  const fault = event(10, 'fault-on', 'w2', { subject: 'f1', says: 'Fault on: w2 and e3 have no power' });
  const faultOff = event(60, 'fault-off', 'w2', { subject: 'f1' });
  const otherPod = event(30, 'pod-ending', 'w1', { subject: 'a' });
  const ready = event(40, 'pod-ready', 'w1', { subject: 'b' });
  const leads = event(20, 'leader', 'e2');
  const outage = [fault, leads, otherPod, ready, faultOff];
  const cause = (at: number, events: readonly StageEvent[], door = 'w1', how = 'reset') =>
    causeOf({ from: seconds(at), to: seconds(at + 1), door, how }, events)?.says;

  test.each<[number, string | undefined, string]>([
    [5, undefined, 'before anything happened'],
    [12, fault.says, 'while it is broken'],
    [25, fault.says, 'a new leader of etcd is no reason'],
    [33, otherPod.says, 'the latest that can explain it'],
    [41, otherPod.says, 'a pod that became ready is hardly a reason'],
    [50, fault.says, 'the pod has ended long ago'],
    [70, faultOff.says, 'things come back'],
    [95, undefined, 'long over'],
  ])('at %i s: %s (%s)', (at, expected) => {
    expect(cause(at, outage)).toBe(expected);
  });

  test('a node that is given up explains what failed since it had gone', () => {
    const notReady = event(30, 'node-not-ready', 'w2');
    expect(cause(12, [notReady])).toBe(notReady.says);
    expect(cause(12, [event(90, 'node-not-ready', 'w2')])).toBeUndefined();
  });

  test('where no pod is left, that explains what fails until one is ready, and a fault explains both', () => {
    const none = event(10, 'no-pods');
    const ready = event(100, 'pod-ready', 'w1');
    expect(cause(90, [none, ready])).toBe(none.says);
    expect(cause(110, [none, ready])).toBeUndefined();
    expect(becauseOf({ kind: 'no-pods', at: seconds(30) }, [fault])).toBe(fault.id);
    expect(becauseOf({ kind: 'no-pods', at: seconds(30) }, [])).toBeUndefined();
  });

  test('a door explains only what went through it', () => {
    const opened = event(10, 'door-opened', 'w2');
    expect(cause(11, [opened], 'w2')).toBe(opened.says);
    expect(cause(11, [opened], 'w1')).toBeUndefined();
  });

  test('what follows from a fault counts for the fault, also on machines that only its title names', () => {
    const off = event(11, 'machine-off', 'w2', { because: fault.id });
    expect(cause(20, [fault, off])).toBe(fault.says);
    expect(becauseOf({ kind: 'node-not-ready', machine: 'e3', at: seconds(30) }, [fault])).toBe(fault.id);
    expect(becauseOf({ kind: 'pod-gone', machine: 'w1', at: seconds(30) }, [fault])).toBeUndefined();
    expect(becauseOf({ kind: 'machine-on', machine: 'w2', at: seconds(61) }, [fault, off, faultOff])).toBe(faultOff.id);
    expect(becauseOf({ kind: 'node-ready', machine: 'w2', at: seconds(61) }, [fault])).toBeUndefined();
  });

  test('a pod that fails by itself while something is broken fails because of that, wherever it runs', () => {
    expect(becauseOf({ kind: 'pod-unready', machine: 'w1', at: seconds(30) }, [fault])).toBe(fault.id);
    expect(becauseOf({ kind: 'pod-unready', machine: 'w1', at: seconds(70) }, [fault, faultOff])).toBeUndefined();
    expect(becauseOf({ kind: 'pod-unready', machine: 'w1', at: seconds(5) }, [])).toBeUndefined();
  });

  test('a request that was sent to a pod of a lost machine counts for that, and not for a pod that ended in good order', () => {
    expect(cause(33, outage, 'w1', 'unreachable')).toBe(fault.says);
    expect(cause(100, outage, 'w1', 'unreachable')).toBe(fault.says);
    expect(cause(33, [otherPod], 'w1', 'unreachable')).toBe(otherPod.says);
    expect(cause(5, outage, 'w1', 'unreachable')).toBeUndefined();
  });
});

describe('the ledger', () => {
  const second = (at: number, failed: number, final = true): Second => ({
    at: seconds(at),
    due: 100,
    answered: 100 - failed,
    inTime: 100 - failed,
    failures: failed === 0 ? [] : [{ door: 'w2', how: 'refused', count: failed, lastAt: seconds(at) + 900 }],
    late: 0,
    p50Ms: 1,
    p99Ms: 2,
    pods: { a: 100 - failed },
    final,
  });

  test('keeps each second once, the latest of what was told of it', () => {
    const ledger = new Ledger();
    ledger.takeSeconds([second(1, 0, false), second(2, 1, false)]);
    ledger.takeSeconds([second(1, 3), second(2, 2, false), second(3, 0, false)]);
    expect(ledger.seconds.map(({ at }) => at)).toEqual([seconds(1), seconds(2), seconds(3)]);
    expect(ledger.failed).toBe(5);
    expect(ledger.health()).toEqual({ unhealthySeconds: 1, unknownSeconds: 0 });
  });

  test('explains failed requests again when something is seen later', () => {
    const ledger = new Ledger();
    ledger.takeSeconds([second(1, 3)]);
    expect(ledger.causes()).toEqual([{ event: undefined, failed: 3 }]);
    const [given] = ledger.takeNews([{ kind: 'node-not-ready', machine: 'w2', says: 'w2 is NotReady' }], seconds(20));
    expect(ledger.causes()).toEqual([{ event: given, failed: 3 }]);
    // Known later, but it had happened before.
    const [earlier] = ledger.takeNews([{ kind: 'fault-on', machine: 'w2', says: 'w2', at: seconds(0) }], seconds(21));
    expect(ledger.causes()).toEqual([{ event: earlier, failed: 3 }]);
    expect(ledger.events.map(({ id: number }) => number)).toEqual([2, 1]);
  });
});

test('faults are told from the journal: those in force at first, and then every change', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stage-'));
  try {
    const journal = new FaultJournal(folder);
    const plan = async (name: string): Promise<void> => {
      const fault = {
        kind: 'delete-route',
        machine: 'w1',
        title: `${name} is broken`,
        inject: '',
        proof: '',
        undo: '',
      };
      await journal.plan(
        { id: name, lab: 'x', leaseSeconds: 60, injectedAt: '2026-01-01T00:00:00.000Z', fault },
        'boot',
      );
    };
    const watch = new FaultWatch(folder);
    expect(await watch.look()).toEqual([]);
    await plan('old');
    await journal.note('old', 'undone');
    await plan('one');
    expect(await new FaultWatch(folder).look()).toMatchObject([{ kind: 'fault-on', subject: 'one' }]);
    expect(await watch.look()).toMatchObject([
      { kind: 'fault-on', says: 'Fault on: one is broken', at: Date.UTC(2026, 0) },
    ]);
    expect(await watch.look()).toEqual([]);
    await journal.note('one', 'injected');
    expect(await watch.look()).toEqual([]);
    await journal.note('one', 'undone');
    expect(await watch.look()).toMatchObject([{ kind: 'fault-off', subject: 'one' }]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
