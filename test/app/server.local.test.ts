import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeRedis } from './fake-redis.ts';

const program = join(import.meta.dirname, '../../app/server.ts');
let primary: FakeRedis;
let replica: FakeRedis;
let server: ChildProcess;
let base: string;
let exited: Promise<unknown[]>;

beforeEach(async () => {
  primary = new FakeRedis();
  replica = new FakeRedis();
  await Promise.all([primary.start(), replica.start()]);
  server = spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PORT: '0',
      REDIS_PRIMARY: `127.0.0.1:${primary.port}`,
      REDIS_REPLICA: `127.0.0.1:${replica.port}`,
      POD_NAME: 'guestbook-x',
      NODE_NAME: 'w1',
      VERSION: '2',
    },
  });
  exited = once(server, 'exit');
  const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
  base = `http://127.0.0.1:${/port (\d+)/.exec(line)![1]!}`;
  await vi.waitUntil(
    async () => (await info()).redis.primary === 'connected' && (await info()).redis.replica === 'connected',
  );
  // As a kubelet asks before it sends anybody.
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
});

afterEach(async () => {
  server.kill('SIGKILL');
  await Promise.all([exited, primary.stop(), replica.stop()]);
});

interface Info {
  pod: string;
  node: string;
  version: string;
  redis: { primary: string; replica: string };
}
const info = async (): Promise<Info> => (await fetch(`${base}/api/info`)).json() as Promise<Info>;
const write = (message: string): Promise<Response> =>
  fetch(`${base}/api/messages`, { method: 'POST', body: JSON.stringify({ message }) });

test('it says who it is, and stores what it is told', async () => {
  expect(await info()).toMatchObject({ pod: 'guestbook-x', node: 'w1', version: '2' });
  const answer = await write('hello <b>');
  expect(answer.status).toBe(201);
  expect(primary.list.map((item) => (JSON.parse(item) as { text: string }).text)).toEqual(['hello <b>']);
  const { messages } = (await (await fetch(`${base}/api/messages`)).json()) as { messages: { text: string }[] };
  expect(messages.map(({ text }) => text)).toEqual(['hello <b>']);
  const page = await (await fetch(base)).text();
  expect(page).toContain('hello &lt;b&gt;');

  const form = { method: 'POST', body: new URLSearchParams({ message: 'from a form' }), redirect: 'manual' } as const;
  const redirected = await fetch(`${base}/api/messages`, { ...form, headers: { accept: 'text/html' } });
  expect([redirected.status, redirected.headers.get('location')]).toEqual([303, '/']);
  expect((await fetch(`${base}/api/messages`, form)).status).toBe(201);
  expect(primary.list).toHaveLength(3);
});

test('many readers are one read of Redis, and the replica serves it', async () => {
  replica.list.push('by hand');
  // Until what was read before the message was put there has become too old.
  await vi.waitUntil(async () => (await (await fetch(base)).text()).includes('by hand'));
  const before = replica.lranges;
  const pages = await Promise.all(Array.from({ length: 40 }, () => fetch(base).then((page) => page.text())));
  expect(pages.every((page) => page.includes('by hand'))).toBe(true);
  // 40 requests may take longer than one 100 ms window on a busy machine, but not 10.
  expect(replica.lranges - before).toBeLessThan(10);
  expect(primary.lranges).toBe(0);
});

test('bad requests are answered, not served', async () => {
  const status = async (path: string, init?: RequestInit): Promise<number> => (await fetch(base + path, init)).status;
  expect(await status('/nowhere')).toBe(404);
  expect(await status('/', { method: 'DELETE' })).toBe(405);
  expect(await status('/api/messages', { method: 'POST', body: '{' })).toBe(400);
  expect(await status('/api/messages', { method: 'POST', body: 'null' })).toBe(400);
  expect(await status('/api/messages', { method: 'POST', body: JSON.stringify({ message: 'x'.repeat(501) }) })).toBe(
    400,
  );
  expect(await status('/api/messages', { method: 'POST', body: 'x'.repeat(9000) })).toBe(413);
  expect(primary.list).toEqual([]);
});

test('a lost replica is replaced by the primary; without both it shows what it knows for a while, then says so, and comes back', async () => {
  const { port } = primary;
  await write('kept');
  await replica.stop();
  await vi.waitUntil(async () => (await info()).redis.replica === 'away');
  const newest = async (): Promise<Response> => fetch(`${base}/api/messages`);
  expect(await (await newest()).json()).toMatchObject({ messages: [{ text: 'kept' }] });

  await primary.stop();
  await vi.waitUntil(async () => (await info()).redis.primary === 'away');
  expect(await (await newest()).json()).toMatchObject({ messages: [{ text: 'kept' }] });
  expect((await fetch(base)).status).toBe(200);
  // Until what it knows is five seconds old.
  await vi.waitUntil(async () => (await newest()).status === 503, { timeout: 7000 });
  expect(await (await newest()).json()).toMatchObject({ error: 'redis-away' });
  expect((await write('lost')).status).toBe(503);
  expect((await fetch(base)).status).toBe(503);
  expect((await fetch(`${base}/readyz`)).status).toBe(200);

  await primary.start(port);
  await vi.waitUntil(async () => (await write('again')).status === 201, { timeout: 3000 });
  expect(primary.list).toHaveLength(2);
  await replica.start(replica.port);
}, 15_000);

test('told to stop, it finishes what runs, closes what is kept, and exits with 0', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const get = (path: string): Promise<{ status: number; connection: string | undefined }> =>
    new Promise((resolve, reject) => {
      request(base + path, { agent }, (response) => {
        response.resume().on('end', () => {
          resolve({ status: response.statusCode!, connection: response.headers.connection });
        });
      })
        .on('error', reject)
        .end();
    });
  expect(await get('/readyz')).toEqual({ status: 200, connection: 'keep-alive' });
  // A write that Redis has not confirmed yet.
  primary.silent = true;
  const writing = write('in flight');
  const draining = once(createInterface({ input: server.stdout! }), 'line');
  await vi.waitUntil(() => primary.commands.includes('LPUSH'));
  server.kill('SIGTERM');
  await draining;
  expect(await get('/readyz')).toEqual({ status: 503, connection: 'close' });
  // Redis never answers: after a second the writer is told, and only then the program ends.
  const answer = await writing;
  expect(answer.status).toBe(503);
  await answer.text();
  expect(await exited).toEqual([0, null]);
}, 10_000);
