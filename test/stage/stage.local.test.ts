import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { EtcdMember, Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import type { Door } from '../../scripts/stage/door.ts';
import type { StageEvent } from '../../scripts/stage/event.ts';
import type { LoadNews } from '../../scripts/stage/load/messages.ts';
import type { Second } from '../../scripts/stage/load/second.ts';
import { Stage } from '../../scripts/stage/stage.ts';
import { waitUntil } from '../../scripts/system/wait.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function app(): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => response.end('the guestbook'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** A lab whose workers are two servers of this test; what the API server says can be changed. */
async function lab() {
  const [one, other] = [await app(), await app()];
  const layout = createLayout({ name: 'on-stage' });
  const machines = layout.machines.map((machine) => ({
    ...machine,
    // Nothing answers there, as on a Mac: only published ports lead in.
    address: '127.0.0.1',
    publishedPorts: { 30080: machine.name === 'w1' ? one.port : other.port },
  }));
  const world = { cordoned: '', ready: true };
  const node = (name: string) => ({
    metadata: { name },
    spec: { unschedulable: world.cordoned === name },
    status: { conditions: [{ type: 'Ready', status: world.ready ? 'True' : 'False' }] },
  });
  const members: EtcdMember[] = [{ name: 'e2', answers: true, isLeader: true, raftTerm: 3 }];
  const pods = [{ metadata: { name: 'guestbook-a' }, spec: { nodeName: 'w1' }, status: {} }];
  const fake = {
    layout: { ...layout, machines },
    folder: '/nowhere',
    machinesWithRole: () => machines.filter(({ name }) => name.startsWith('w')),
    kubernetes: {
      get: (path: string) => Promise.resolve({ items: path.endsWith('/nodes') ? ['c1', 'w1', 'w2'].map(node) : pods }),
    },
    etcd: { members: () => Promise.resolve(members) },
  };
  return { lab: fake as unknown as Lab, world, other: other.server };
}

test('the stage sends visitors where a balancer would, and tells what happens to them and why', async () => {
  const { lab: fake, world, other } = await lab();
  const doors: string[] = [];
  const kept: Second[] = [];
  const events: StageEvent[] = [];
  let take: (news: LoadNews) => void = () => undefined;
  const stage = new Stage({
    lab: fake,
    program: 'vegeta',
    rate: 100,
    recorder: { second: (second) => kept.push(second), event: (event) => events.push(event) },
    start: (order, given) => {
      take = given;
      expect(order).toEqual({ program: 'vegeta', rate: 100 });
      return {
        setDoors: (open: readonly Door[]) => doors.push(open.map(({ machine }) => machine).join(' ')),
        stop: () => Promise.resolve(),
      };
    },
  });
  closers.push(() => stage.stop(0));
  await stage.start();
  expect(doors).toEqual(['w1 w2']);
  expect(events).toEqual([]);
  const until = (what: string, holds: () => boolean) => waitUntil(holds, { what, deadlineSeconds: 10 });

  world.cordoned = 'w2';
  await until('w2 gets no visitors', () => doors.at(-1) === 'w1');
  expect(stage.view().machines.find(({ name }) => name === 'w2')?.door).toMatchObject({
    open: false,
    why: 'it is cordoned',
  });
  world.cordoned = '';
  await until('w2 gets visitors again', () => doors.at(-1) === 'w1 w2');

  other.closeAllConnections();
  other.close();
  await until('w2 is off', () => events.at(-1)?.kind === 'machine-off');
  // Until Kubernetes says so, visitors are sent there.
  expect(doors.at(-1)).toBe('w1 w2');

  const at = Math.floor(Date.now() / 1000) * 1000 - 3000;
  const second: Second = {
    ...{
      at,
      due: 100,
      answered: 60,
      inTime: 60,
      late: 0,
      p50Ms: 1,
      p99Ms: 2,
      pods: { 'guestbook-a': 60 },
      final: true,
    },
    failures: [{ door: 'w2', how: 'refused', count: 40, lastAt: Date.now() }],
  };
  take({
    type: 'seconds',
    seconds: [{ ...second, at: at - 1000, final: false }, second],
    recent: { p50Ms: 1, p99Ms: 2 },
  });
  expect(stage.view()).toMatchObject({ perSecond: 60, failed: 80, failedLately: 80, healthy: false, etcdLeader: 'e2' });
  expect(stage.view().machines.find(({ name }) => name === 'w1')?.pods).toMatchObject([
    { name: 'guestbook-a', share: 1 },
  ]);
  expect(kept).toEqual([second]);
  expect(stage.causes()).toMatchObject([{ event: { says: 'w2 is off' }, failed: 80 }]);

  take({ type: 'trouble', says: 'out of memory' });
  expect(events.at(-1)?.says).toContain('out of memory');
});
