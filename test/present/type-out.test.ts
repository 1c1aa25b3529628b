import { expect, it } from 'vitest';
import { pausesBefore, typeOut } from '../../scripts/present/type-out.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const command = 'kubectl get pods --output wide\nkubectl get nodes';

it('types like somebody: letters quickly, words with a breath, lines with a thought', () => {
  const pauses = pausesBefore(command, () => 0.5);
  expect(pauses[1]).toBeCloseTo(55);
  expect(pauses[8]).toBeGreaterThan(pauses[1]!);
  expect(pauses[command.indexOf('\n') + 1]).toBeGreaterThan(pauses[8]!);
});

it('keeps no room waiting for more than six seconds, however long the command is', () => {
  expect(sum(pausesBefore(command.repeat(40), () => 0.9))).toBeLessThanOrEqual(6001);
});

it('writes what is left at once when it is hurried', async () => {
  const hurry = new AbortController();
  const parts: string[] = [];
  const sleep = () => {
    if (parts.length === 3) hurry.abort();
    return Promise.resolve();
  };
  await typeOut('kubectl', (part) => parts.push(part), { rhythm: { sleep, random: () => 0 }, hurry: hurry.signal });
  expect(parts).toEqual(['k', 'u', 'b', 'ectl']);
});
