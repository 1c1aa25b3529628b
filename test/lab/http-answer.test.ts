import { expect, it } from 'vitest';
import { readAnswer } from '../../scripts/lab/http-answer.ts';

const read = (text: string) => readAnswer(Buffer.from(text));
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

it('reads an answer with a length, and says that the connection is kept', () => {
  expect(read('HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\nX: y\r\n\r\n{"é"')).toEqual({
    status: 403,
    body: '{"é"',
    isKept: true,
  });
  expect(read('HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n')).toEqual({ status: 200, body: '', isKept: true });
});

it('reads an answer in chunks', () => {
  expect(read(`${chunked}5\r\nfirst\r\nA\r\n, then ten\r\n0\r\n\r\n`)).toEqual({
    status: 200,
    body: 'first, then ten',
    isKept: true,
  });
  expect(read(`${chunked}0\r\n\r\n`)).toMatchObject({ body: '' });
});

it.each([
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole',
  `${chunked}5\r\nfirst\r\nA\r\n, then ten\r\n0\r\n\r\n`,
  `${chunked}3\r\n0\r\n\r\n0\r\n\r\n`,
])('waits for all of %j', (whole) => {
  for (let length = 0; length < whole.length; length += 1) expect(read(whole.slice(0, length))).toBeUndefined();
  expect(read(whole)).toBeDefined();
});

it.each([
  ['that says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ['with more behind it', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n'],
  ['with more chunks behind it', `${chunked}2\r\nok\r\n0\r\n\r\nHTTP`],
])('after an answer %s, the connection is not kept', (_, text) => {
  expect(read(text)).toEqual({ status: 200, body: 'ok', isKept: false });
});

it.each([
  ['HTTP/1.0 400 Bad Request\r\n\r\n', 'is not HTTP/1.1'],
  ['SSH-2.0-OpenSSH_9.2\r\n\r\n', 'is not HTTP/1.1'],
  ['HTTP/1.1 200 OK\r\n\r\nuntil it closes\r\n', 'does not say how long it is'],
])('%j is none', (text, why) => {
  expect(() => read(text)).toThrow(why);
});
