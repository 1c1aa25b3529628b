import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import type { Message } from '../../app/messages.ts';
import { RedisAway } from '../../app/redis.ts';
import { Web } from '../../app/web.ts';

const identity = { pod: 'guestbook-x', node: 'w1', version: '2' };
const away = (): Promise<readonly Message[]> => Promise.reject(new RedisAway('away'));
let web: Web;

const readiness = async (): Promise<number> => {
  const { port } = web.server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { headers: { connection: 'close' } });
  return answer.status;
};

const serve = async (newest: () => Promise<readonly Message[]>, patienceMilliseconds?: number): Promise<void> => {
  const redis = { connected: false } as never;
  const messages = { newest, add: () => Promise.reject(new RedisAway('away')), primary: redis, replica: undefined };
  web = new Web(identity, messages, patienceMilliseconds);
  web.server.listen(0, '127.0.0.1');
  await once(web.server, 'listening');
};

afterEach(() => {
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
