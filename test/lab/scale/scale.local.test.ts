import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { acting } from '../../../scripts/lab/acting.ts';
import { nodesReady } from '../../../scripts/lab/health.ts';
import type { Layout } from '../../../scripts/lab/layout.ts';
import { awaitRequests, completeJoins } from '../../../scripts/lab/scale/admit.ts';
import { dismissJoiners } from '../../../scripts/lab/scale/dismiss.ts';
import { forgetAbsentJoiners } from '../../../scripts/lab/scale/forget.ts';
import { readJoiner } from '../../../scripts/lab/scale/joiner.ts';
import { joinThem } from '../../../scripts/lab/scale/join.ts';
import { leaveOneByOne } from '../../../scripts/lab/scale/leave.ts';
import { joinersOf, withWorkers } from '../../../scripts/lab/scale/workers.ts';
import { Interrupted } from '../../../scripts/system/errors.ts';
import { clientRequest } from './certificate-request.ts';
import { reporterThatStops, World } from './world.ts';

let world: World;
vi.mock('../../../scripts/lab/render.ts', () => ({ renderLab: (layout: Layout) => world.render(layout) }));
vi.mock('../../../scripts/bundle/bundle.ts', () => ({
  readBundle: () => Promise.resolve({ imageStore: '/image-store.tar', machineImage: 'machine' }),
}));

beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.end());

interface Options {
  approve?: boolean;
  /** Ends the run before this many actions have begun. */
  stopBefore?: number;
  signal?: AbortSignal;
}

/** What `scaleLab` does once it holds the lab's lock. */
async function scale(workers: number, { approve = true, stopBefore = Infinity, signal }: Options = {}) {
  const { lab } = world;
  const reporter = reporterThatStops(stopBefore);
  const act = acting(reporter, signal);
  const wanted = withWorkers(lab.layout, workers);
  const leaving = joinersOf(lab.layout).filter(({ number }) => !wanted.machines.some((kept) => kept.number === number));
  await leaveOneByOne(lab, leaving.reverse(), { act, signal });
  const result = await joinThem(lab, wanted, { act, approve, signal });
  return { ...result, titles: reporter.titles };
}

const names = (layout: Layout): string[] => layout.machines.map(({ name }) => name);
const allIn = ['c1', 'w1', 'w2', 'w3', 'w4'];
const nodes = (): string[] => world.cluster.nodes.map(({ metadata }) => metadata.name).sort();

function expectFourWorkers(): void {
  expect(nodes()).toEqual(allIn);
  expect([...world.cluster.serving].sort()).toEqual(['w3', 'w4']);
  expect(world.cluster.secrets).toEqual([]);
  expect(world.cluster.nodes.filter(({ spec }) => spec?.unschedulable)).toEqual([]);
  expect(names(world.lab.layout).slice(-4)).toEqual(['w1', 'w2', 'w3', 'w4']);
  for (const machine of ['c1', 'w1', 'w2'])
    expect(world.routes.get(machine)).toMatch(/203\n10.2.204.0\/24 via 10.0.3.204/);
}

describe('workers join', () => {
  it('with two requests each, and nothing of a token is left', async () => {
    const { joined } = await scale(4);
    expect(joined).toEqual(['w3', 'w4']);
    expectFourWorkers();
    expect(world.cluster.ran.filter((line) => line.includes('/approval'))).toHaveLength(4);
    expect(await readdir(join(world.folder, 'volumes'))).toContain('made-up-w3-kubelet');
  });

  it('is done once: the next run only looks', async () => {
    await scale(4);
    const { titles, joined } = await scale(4);
    expect(titles).toEqual(['Every worker is in, and knows the way to the others']);
    expect(joined).toEqual([]);
  });

  it.each([2, 4])('stopped before action %i, and run again', async (stopBefore) => {
    await expect(scale(4, { stopBefore })).rejects.toThrow('stopped here');
    await scale(4);
    expectFourWorkers();
  });

  it('stopped one action later in each run', async () => {
    const actions = 5;
    for (let stopBefore = 0; stopBefore < actions; stopBefore += 1) {
      await expect(scale(4, { stopBefore }), `before action ${stopBefore}`).rejects.toThrow('stopped here');
    }
    await scale(4);
    expectFourWorkers();
  });

  it('boots a machine again that Vagrant was killed over', async () => {
    await expect(scale(3, { stopBefore: 2 })).rejects.toThrow('stopped here');
    await writeFile(join(world.folder, 'containers', 'w3'), 'running');
    await scale(3);
    expect(await world.traces()).toContain('lab/vagrant/machines/w3');
    expect(nodes()).toContain('w3');
  });

  it('leaves a request alone that somebody else sent in their name', async () => {
    world.cluster.requests.push(
      await clientRequest({ name: 'forged', username: 'system:node:w1', groups: ['system:nodes'] }),
    );
    await scale(3);
    expect(world.cluster.requests.find(({ metadata }) => metadata.name === 'forged')?.status).toBeUndefined();
    expect(nodes()).toContain('w3');
  });

  it('comes back with the whole lab: a machine that was made anew gets a token, and is let in', async () => {
    await scale(3);
    Object.assign(world.cluster, { requests: [] });
    world.cluster.clients.clear();
    world.cluster.serving.clear();
    world.cluster.nodes = world.cluster.nodes.filter(({ metadata }) => metadata.name !== 'w3');
    await completeJoins(world.lab);
    expect(world.cluster.serving).toContain('w3');
    expect(world.cluster.secrets).toEqual([]);
  });
});

describe('a person approves', () => {
  it('first one request, then the other; meanwhile the lab counts as up', async () => {
    const { waiting, joined } = await scale(3, { approve: false });
    expect(waiting).toEqual([{ name: 'client-w3', machine: 'w3', kind: 'client' }]);
    expect(joined).toEqual([]);
    expect(nodes()).toEqual(['c1', 'w1', 'w2']);
    expect(await nodesReady(world.lab)).toBe(true);
    await completeJoins(world.lab);
    expect(nodes()).not.toContain('w3');

    world.cluster.approve('client-w3');
    const second = await scale(3, { approve: false });
    expect(second.waiting).toEqual([{ name: 'serving-w3', machine: 'w3', kind: 'serving' }]);
    world.cluster.approve('serving-w3');
    expect((await scale(3, { approve: false })).waiting).toEqual([]);
    expect(world.cluster.secrets).toEqual([]);
  });

  it('does not count for a node that was in, and is not Ready', async () => {
    await scale(3, { approve: false });
    world.cluster.approve('client-w3');
    world.cluster.nodes.at(-1)!.status = { conditions: [{ type: 'Ready', status: 'Unknown' }] };
    expect(await nodesReady(world.lab)).toBe(false);
  });

  it('until the program is told to', async () => {
    await scale(3, { approve: false });
    expect((await scale(3)).joined).toEqual(['w3']);
    expect(await readJoiner(world.lab.folder, 'w3')).toMatchObject({ approval: 'program' });
  });

  it('or denies: then it is said how the machine may ask again', async () => {
    await scale(3, { approve: false });
    world.cluster.requests[0]!.status = { conditions: [{ type: 'Denied' }] };
    const machines = joinersOf(world.lab.layout);
    await expect(awaitRequests(world.lab, machines, { deadlineSeconds: 0.3 })).rejects.toThrow(
      "w3's request was denied ('kubectl delete csr client-w3' lets it ask again)",
    );
  });
});

describe('workers leave', () => {
  it('the highest first, all closed before one is drained, and without a trace', async () => {
    await scale(4);
    world.cluster.pods.push({ metadata: { name: 'toolbox-x', namespace: 'default' }, spec: { nodeName: 'w4' } });
    const { titles } = await scale(2);
    expect(titles.slice(0, 2)).toEqual(['Give w4, w3 no new pods', 'Drain w4']);
    expect(await world.traces()).toEqual([]);
    expect(nodes()).toEqual(['c1', 'w1', 'w2']);
  });

  it('one of two: the other stays, with what it needs', async () => {
    await scale(4);
    await scale(3);
    expect(nodes()).toEqual(['c1', 'w1', 'w2', 'w3']);
    expect(world.cluster.bindings.map(({ metadata }) => metadata.name)).toEqual([
      'firedrill:node-bootstrapper',
      'firedrill:node-proxier:w3',
    ]);
    expect(world.routes.get('w1')).toMatch(/10.2.203.0.24 via 10.0.3.203\n$/);
  });

  it.each([0, 1, 2, 3])('stopped before action %i, and run again', async (stopBefore) => {
    await scale(3);
    await expect(scale(2, { stopBefore })).rejects.toThrow('stopped here');
    await scale(2);
    expect(await world.traces()).toEqual([]);
  });

  it.each([
    ['its neighbours were told', () => vi.spyOn(world.lab, 'on').mockRejectedValue(new Interrupted())],
    ['its files were forgotten', () => vi.spyOn(world, 'render').mockRejectedValueOnce(new Interrupted())],
  ])('killed before %s: the next run finds it, and completes it', async (_, kill) => {
    await scale(3);
    const killed = kill();
    const stop = AbortSignal.timeout(500);
    await expect(scale(2, { signal: stop })).rejects.toThrow();
    expect(names(world.lab.layout)).toContain('w3');
    killed.mockRestore();
    await scale(2);
    expect(await world.traces()).toEqual([]);
  });

  it('not, where they are wanted again after a run that was stopped', async () => {
    await scale(4);
    await expect(scale(2, { stopBefore: 1 })).rejects.toThrow('stopped here');
    expect(world.cluster.nodes.filter(({ spec }) => spec?.unschedulable)).toHaveLength(2);
    await scale(4);
    expectFourWorkers();
  });

  it('not, where a budget holds them up: it is named, and nothing is removed', async () => {
    await scale(3);
    world.cluster.pods.push({
      metadata: { name: 'a', namespace: 'default', labels: { app: 'guestbook' } },
      spec: { nodeName: 'w3' },
    });
    world.cluster.budgets.push({
      metadata: { name: 'guestbook', namespace: 'default' },
      spec: { selector: { matchLabels: { app: 'guestbook' } } },
      status: { disruptionsAllowed: 0, desiredHealthy: 4, currentHealthy: 4 },
    });
    await expect(scale(2)).rejects.toMatchObject({
      code: 'drain-held-up',
      message: expect.stringContaining('the disruption budget guestbook in default needs 4 healthy pods') as string,
    });
    expect(nodes()).toContain('w3');
    expect(await world.traces()).toContain('containers/w3');
  });
});

describe('a reset', () => {
  const reset = async (): Promise<string[]> => [
    ...(await dismissJoiners(world.lab, { reporter: reporterThatStops() })),
    ...(await forgetAbsentJoiners(world.lab)),
  ];

  it.each([2, 3, 4])('removes workers that got as far as action %i', async (stopBefore) => {
    await expect(scale(4, { stopBefore })).rejects.toThrow('stopped here');
    await world.powerOff('w2');
    await reset();
    // The repair of each machine takes stray routes away.
    expect((await world.traces()).filter((trace) => !trace.startsWith('routes'))).toEqual([]);
    expect(names(world.lab.layout)).toEqual(['e1', 'e2', 'e3', 'c1', 'w1', 'w2']);
  });

  it('asks no budget, and says what was there; the second finds nothing', async () => {
    await scale(3);
    expect(await reset()).toEqual(['w3 had joined', 'the cluster still knew w3', ...knownOf('w3')]);
    expect(await reset()).toEqual([]);
  });

  const knownOf = (name: string): string[] =>
    [`client-${name}`, `serving-${name}`].map((one) => `the cluster still knew ${one}`);
});
