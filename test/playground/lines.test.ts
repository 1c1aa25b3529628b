import { expect, test } from 'vitest';
import { answerLines, ringLines, watchLine } from '../../scripts/playground/lines.ts';
import { createPlace, machineNamed } from '../../scripts/playground/place.ts';
import { twoSides } from '../../scripts/playground/sides.ts';
import { ringOf } from './rings.ts';

const place = createPlace('firedrill', '/state', { subnet: '10.0.4.0/24', firstPort: 8400 });

test('the ring is a table with its cuts, and what is not known is a dash', () => {
  const ring = ringOf(['leader', 'follower', 'follower', 'follower', 'stopped'], [['p1', 'p2']], {
    dbSizeBytes: 20480,
  });
  const lines = ringLines(ring);
  expect(lines[0]).toBe('member  state     id  term  index  revision  DB size  hash');
  expect(lines[1]).toBe('p1      leader    1   2     10     5         20 KiB   00000007');
  expect(lines[5]).toBe('p5      stopped   -   -     -      -         -        -');
  expect(lines[6]).toBe('Cut: p1-p2');
});

test('what users typed cannot steer the terminal', () => {
  const key = { key: '\u001b[2J', value: 'a\nb\u009b1m', version: 1, revision: 2 };
  const answer = { ok: true, said: '1 key', milliseconds: 1, via: 'p1', keys: [key] };
  const watched = (['put', 'delete'] as const).map((type) => watchLine({ type, ...key }, new Date()));
  expect([...answerLines(answer), ...watched].join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
});

test('whatever a watch tells, the line begins with when it was heard', () => {
  const at = new Date(2026, 0, 31, 9, 5, 7);
  const key = { key: 'seat/12A', revision: 12 };
  expect(watchLine({ type: 'watching', via: 'p3' }, at)).toBe('09:05:07  Watching through p3. Ctrl-C ends it.');
  expect(watchLine({ type: 'put', ...key, value: 'ada', version: 2 }, at)).toBe('09:05:07  12  seat/12A = ada');
  expect(watchLine({ type: 'delete', ...key }, at)).toBe('09:05:07  12  deleted seat/12A');
  expect(watchLine({ type: 'ended', why: 'p3 went away' }, at)).toBe('09:05:07  The watch ended: p3 went away.');
});

test('a cut has two sides; without a second one, it is all the rest', () => {
  expect(twoSides(['p1,p2', 'from', 'p3,p4,p5'], place)).toEqual([
    ['p1', 'p2'],
    ['p3', 'p4', 'p5'],
  ]);
  expect(twoSides(['p1', 'p2'], place)).toEqual([
    ['p1', 'p2'],
    ['p3', 'p4', 'p5'],
  ]);
});

test('its ports and addresses lie beside those of the lab', () => {
  expect(place.pagePort).toBe(8460);
  expect(place.machines.map(({ port, address }) => `${port} ${address}`)).toContain('8465 10.0.4.15');
  expect(() => machineNamed(place, 'e1')).toThrow("no member 'e1'");
});
