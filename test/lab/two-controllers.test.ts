import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { addonManifests } from '../../scripts/lab/addons.ts';
import { createApiServers, type ApiServers } from '../../scripts/lab/api-servers.ts';
import { renderKubeconfig, towardsAnswering } from '../../scripts/lab/kubeconfig.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout, hasRole, type Layout, type Size } from '../../scripts/lab/layout.ts';
import { makeCertificates } from '../../scripts/lab/pki.ts';
import { ApiUnreachable } from '../../scripts/system/errors.ts';

/** An API server that says its name, with a status of its own; silent where that is 0. It may not get to the end of it. */
class FakeApiServer {
  readonly asked: string[] = [];
  status = 200;
  ends = true;
  afterMilliseconds = 0;
  connections = 0;
  readonly #server: Server;

  constructor(name: string, key: Buffer, cert: Buffer) {
    this.#server = createServer({ key, cert }, (request, response) => {
      this.asked.push(request.url ?? '');
      if (this.status === 0) return;
      setTimeout(() => {
        response.writeHead(this.status).write(name);
        if (this.ends) response.end();
      }, this.afterMilliseconds);
    });
    this.#server.on('secureConnection', () => (this.connections += 1));
  }

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

let folder: string;
let key: Buffer;
let cert: Buffer;
let layout: Layout;
let c1: FakeApiServer;
let c2: FakeApiServer;
let apiServers: ApiServers;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
  await makeCertificates(createLayout({ name: 'drill', size: 'ha' }), folder);
  [key, cert] = await Promise.all([
    readFile(join(folder, 'pki', 'apiserver.key')),
    readFile(join(folder, 'pki', 'apiserver.crt')),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  [c1, c2] = [new FakeApiServer('c1', key, cert), new FakeApiServer('c2', key, cert)];
  const ports: Record<string, number> = { c1: await c1.start(), c2: await c2.start() };
  const made = createLayout({ name: 'drill', size: 'ha' });
  layout = {
    ...made,
    machines: made.machines.map((machine) => ({ ...machine, publishedPorts: { 6443: ports[machine.name] ?? 0 } })),
  };
  const controllers = layout.machines.filter((machine) => hasRole(machine, 'controller'));
  apiServers = createApiServers({ controllers, labFolder: folder });
});
afterEach(async () => {
  await apiServers.close();
  await Promise.all([c1.stop(), c2.stop()]);
});

const answer = async () => (await apiServers.ask({ path: '/version' }, 2)).body;

it('asks the first, and the second where the first is gone, and stays there', async () => {
  expect(await answer()).toBe('c1');
  await c1.stop();
  expect(await answer()).toBe('c2');
  expect(await answer()).toBe('c2');
  await c2.stop();
  await expect(answer()).rejects.toThrow(ApiUnreachable);
});

it('leaves time for the second where the first is silent', async () => {
  c1.status = 0;
  const startedAt = Date.now();
  expect((await apiServers.ask({ path: '/version' }, 2)).body).toBe('c2');
  expect(Date.now() - startedAt).toBeLessThan(2000);
});

it('turns to the second where the first can do nothing, and gives a refusal as it is', async () => {
  c1.status = 503;
  expect(await answer()).toBe('c2');
  c2.status = 404;
  expect(await apiServers.ask({ path: '/version' }, 2)).toMatchObject({ status: 404, body: 'c2' });
  c2.status = 500;
  expect(await apiServers.ask({ path: '/version' }, 2)).toMatchObject({ status: 500 });
});

it('asks the one that was named, and no other', async () => {
  expect((await apiServers.ask({ path: '/version', of: 'c2' }, 2)).body).toBe('c2');
  expect(await answer()).toBe('c1');
  await c2.stop();
  await expect(apiServers.ask({ path: '/version', of: 'c2' }, 2)).rejects.toThrow(ApiUnreachable);
  expect(c1.asked).toEqual(['/version?timeout=1s']);
});

it('an API server is told how long it may take; where it says itself that this is over, its connection is kept', async () => {
  c1.status = 504;
  const asked = { path: '/version', of: 'c1' };
  // At once, that is of something else that it waited for.
  expect(await apiServers.ask(asked, 0.2)).toMatchObject({ status: 504, body: 'c1' });
  c1.afterMilliseconds = 220;
  await expect(apiServers.ask(asked, 0.2)).rejects.toThrow(new ApiUnreachable('no answer in time'));
  Object.assign(c1, { status: 200, afterMilliseconds: 0 });
  expect(await apiServers.ask(asked, 0.2)).toMatchObject({ status: 200 });
  expect(c1.asked).toEqual(Array(3).fill('/version?timeout=0.2s'));
  expect(c1.connections).toBe(1);
});

it.each([
  ['says nothing', (server: FakeApiServer) => (server.status = 0)],
  ['does not get to its end', (server: FakeApiServer) => (server.ends = false)],
])('does not wait longer than it should where one %s, or than somebody wants to', async (_, make) => {
  make(c1);
  const asked = { path: '/version', of: 'c1' };
  await expect(apiServers.ask(asked, 0.2)).rejects.toThrow(new ApiUnreachable('no answer in time'));
  const ending = new AbortController();
  const asking = apiServers.ask(asked, 600, ending.signal);
  await vi.waitFor(() => {
    expect(c1.asked).toHaveLength(2);
  });
  ending.abort();
  await expect(asking).rejects.toThrow(ApiUnreachable);
});

it('looks for all, or without what does not count', async () => {
  await apiServers.looks(1);
  await apiServers.looks(1, ['poststarthook/one', 'poststarthook/two']);
  expect(c1.asked).toEqual([
    '/readyz?timeout=1s',
    '/readyz?exclude=poststarthook/one&exclude=poststarthook/two&timeout=1s',
  ]);
});

it('looks at each', async () => {
  c2.status = 500;
  expect(await apiServers.looks(1)).toMatchObject([
    { machine: 'c1', ready: true },
    { machine: 'c2', ready: false, why: '/readyz answers 500' },
  ]);
});

it("sends the program's own kubectl to the one that is ready", async () => {
  const c2Port = layout.machines.find(({ name }) => name === 'c2')?.publishedPorts[6443] ?? 0;
  await c1.stop();
  expect(await towardsAnswering(layout, folder, apiServers)).toEqual({
    KUBECONFIG: `${folder}/kubeconfig-for/c2:${folder}/kubeconfig`,
    APISERVER: `https://127.0.0.1:${c2Port}`,
  });
  await c2.stop();
  expect(await towardsAnswering(layout, folder, apiServers)).toEqual({});
});

interface Kubeconfig {
  clusters: { name: string; cluster: { server: string } }[];
  contexts: { name: string; context: { cluster: string } }[];
  'current-context': string;
}

it.each([
  ['default', ['drill https://127.0.0.1:8443'], 'drill'],
  ['ha', ['drill-c1 https://127.0.0.1:8443', 'drill-c2 https://127.0.0.1:8444'], 'drill-c1'],
] as const)('the kubeconfig of size %s has a context for each controller', async (size, servers, current) => {
  const config = parse(await renderKubeconfig(createLayout({ name: 'drill', size }), folder)) as Kubeconfig;
  expect(config.clusters.map(({ name, cluster }) => `${name} ${cluster.server}`)).toEqual(servers);
  expect(config.contexts.map(({ name, context }) => [name, context.cluster])).toEqual(
    config.clusters.map(({ name }) => [name, name]),
  );
  expect(config['current-context']).toBe(current);
});

it.each([
  ['default', '10.0.3.101', '6443'],
  ['ha', '10.3.0.1', '443'],
] as const)('in size %s CoreDNS asks %s', async (size: Size, host, port) => {
  const { machines } = createLayout({ name: 'drill', size });
  const lab: Pick<Lab, 'layout' | 'machinesWithRole'> = {
    layout: createLayout({ name: 'drill', size }),
    machinesWithRole: (role) => machines.filter((machine) => hasRole(machine, role)),
  };
  const manifests = await addonManifests(lab as Lab);
  expect(manifests).toContain(`KUBERNETES_SERVICE_HOST, value: '${host}'`);
  expect(manifests).toContain(`KUBERNETES_SERVICE_PORT, value: '${port}'`);
});
