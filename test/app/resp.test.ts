import { expect, test } from 'vitest';
import { encodeCommand, RedisError, ReplyParser } from '../../app/resp.ts';

const stream = '+OK\r\n:42\r\n$-1\r\n$7\r\nGrüße\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n-ERR no\r\n';
const replies = ['OK', 42, null, 'Grüße', ['a', [1]], new RedisError('ERR no')];

test('a command counts bytes, not characters', () => {
  expect(encodeCommand(['LPUSH', 'ü'])).toBe('*2\r\n$5\r\nLPUSH\r\n$2\r\nü\r\n');
});

test('replies are whole, however the network cuts them', () => {
  const bytes = Buffer.from(stream);
  for (let size = 1; size <= bytes.length; size += 1) {
    const parser = new ReplyParser();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...parser.push(bytes.subarray(at, at + size)));
    expect(found).toEqual(replies);
  }
});

test('what is not Redis is refused', () => {
  expect(() => new ReplyParser().push(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toThrow('not Redis');
});
