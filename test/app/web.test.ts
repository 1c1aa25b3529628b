import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { Message } from '../../app/messages.ts';
import { RedisAway } from '../../app/redis.ts';
import { Web } from '../../app/web.ts';

const identity = { pod: 'guestbook-x', node: 'w1', version: '2' };
const away = (): Promise<readonly Message[]> => Promise.reject(new RedisAway('away'));
let web: Web;
let known: readonly Message[] | undefined;

const readiness = async (): Promise<number> => {
  const { port } = web.server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } });
  return answer.status;
};

const serve = async (newest: () => Promise<readonly Message[]>, patienceMilliseconds?: number): Promise<void> => {
  const redis = { connected: false } as never;
  const add = (): Promise<Message> => Promise.reject(new RedisAway('away'));
  const messages = { newest, known: () => known, add, primary: redis, replica: undefined };
  web = new Web(identity, messages, patienceMilliseconds);
  web.server.listen(0, '127.0.0.1');
  await once(web.server, 'listening');
};

afterEach(() => {
  known = undefined;
  web.server.close();
});

test('a pod that starts is ready when it has read from Redis once, and stays so without it', async () => {
  const newest = vi.fn(away);
  await serve(newest);
  expect(await readiness()).toBe(503);
  newest.mockResolvedValueOnce([]);
  expect(await readiness()).toBe(200);
  expect(await readiness()).toBe(200);
  expect(newest).toHaveBeenCalledTimes(2);
});

test('where there is no Redis at all, it says so on its page rather than be refused', async () => {
  await serve(away, 0);
  expect(await readiness()).toBe(200);
});

test('the page is the same, header by header, whether what is on it had to be waited for or not', async () => {
  const messages = [{ text: '<grüezi>', at: '2026-11-29T10:00:00.000Z' }];
  await serve(() => Promise.resolve(messages));
  const { port } = web.server.address() as AddressInfo;
  const page = async (): Promise<{ status: number; headers: [string, string][]; body: string }> => {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    const headers = [...answer.headers].filter(([name]) => name !== 'date');
    return { status: answer.status, headers, body: await answer.text() };
  };
  const waitedFor = await page();
  known = messages;
  const atOnce = await page();
  expect(atOnce).toEqual(waitedFor);
  expect(atOnce.body).toContain('&lt;grüezi&gt;');
  expect(new Headers(atOnce.headers).get('x-pod')).toBe('guestbook-x');
});
