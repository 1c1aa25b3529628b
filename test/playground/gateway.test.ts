import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { call, prefixRange, Refused, stream } from '../../scripts/playground/gateway.ts';
import { Interrupted } from '../../scripts/system/errors.ts';

const bytes = (base64: string): number[] => [...Buffer.from(base64, 'base64')];

test.each([
  ['log/', [0x6c, 0x6f, 0x67, 0x30]],
  ['ÿ', [0xc3, 0xc0]],
])('the range of a prefix ends where its last byte is raised: %s', (prefix, end) => {
  expect(bytes(prefixRange(prefix).range_end)).toEqual(end);
});

test('an empty prefix is every key', () => {
  expect(prefixRange('')).toEqual({ key: 'AA==', range_end: 'AA==' });
});

describe('a member', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  const memberThat = async (answer: Parameters<typeof createServer>[1]) => {
    server = createServer(answer ?? (() => undefined));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return { name: 'p1', container: 'x', address: '10.0.4.11', port: (server.address() as AddressInfo).port };
  };

  test('that refuses is told apart from one that is silent', async () => {
    const refusing = await memberThat((_, response) =>
      response.writeHead(400).end('{"code":11,"message":"compacted"}'),
    );
    await expect(call(refusing, '/v3/kv/range', {})).rejects.toMatchObject({ message: 'compacted', code: 11 });
    await expect(call(refusing, '/v3/kv/range', {})).rejects.toBeInstanceOf(Refused);
  });

  test('that is silent is named, with the time that it was given', async () => {
    const silent = await memberThat(() => undefined);
    await expect(call(silent, '/', {}, { timeoutSeconds: 0.05 })).rejects.toThrow('p1 gave no answer within 0.05 s');
    const signal = AbortSignal.abort();
    await expect(call(silent, '/', {}, { signal })).rejects.toBeInstanceOf(Interrupted);
  });

  test('that is not there is not a refusal', async () => {
    const there = await memberThat(() => undefined);
    server?.close();
    await expect(call({ ...there, port: 1 }, '/', {})).rejects.toThrow('p1 does not answer');
  });

  test('streams messages until it ends', async () => {
    const streaming = await memberThat((_, response) => response.end('{"result":1}\n{"result":2}\n'));
    const heard: unknown[] = [];
    await stream(
      streaming,
      '/v3/watch',
      {},
      { signal: new AbortController().signal, onMessage: (one) => heard.push(one) },
    );
    expect(heard).toEqual([{ result: 1 }, { result: 2 }]);
  });
});
