import { expect, test } from 'vitest';
import { isOurs, mayCall } from '../../scripts/page/same-origin.ts';

const at = (path: string) => new URL(path, 'http://localhost');

test.each([
  [{ host: '127.0.0.1:8460' }, true],
  [{ host: 'localhost:8460', origin: 'http://localhost:8460' }, true],
  [{ host: 'evil.example:8460' }, false],
  [{ host: '127.0.0.1:8460', origin: 'http://evil.example' }, false],
  [{ host: '127.0.0.1:8460', origin: 'null' }, false],
  [{ host: '127.0.0.1:9999' }, false],
  [{}, false],
])('only this page under its own name: %j is %s', (headers, ours) => {
  expect(isOurs(headers, 8460)).toBe(ours);
});

test('a call shows the token; only a GET may show it in the address', () => {
  const calling = (method: string, headers: Record<string, string>, path: string) =>
    mayCall({ method, headers }, at(path), 'secret');
  expect(calling('POST', { 'x-firedrill-token': 'secret' }, '/api/put')).toBe(true);
  expect(calling('POST', {}, '/api/put?token=secret')).toBe(false);
  expect(calling('GET', {}, '/api/ring?token=secret')).toBe(true);
  expect(calling('GET', {}, '/api/ring?token=secreT')).toBe(false);
  expect(calling('GET', {}, '/api/ring')).toBe(false);
});
