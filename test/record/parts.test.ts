import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { castText, framesText } from '../../scripts/record/cast.ts';
import { parseScenario } from '../../scripts/record/scenario.ts';
import { hasSpinner, Screen, timesIn } from '../../scripts/record/screen.ts';
import { Tape } from '../../scripts/record/tape.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

it('writes a header and a line for each event, as asciicast v2', () => {
  const text = castText({ columns: 80, rows: 24, title: 'T' }, [
    [0.12345, 'o', 'é\r\n\u001b[1mx'],
    [1, 'm', 'A mark'],
  ]);
  const [header, ...events] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(header).toMatchObject({ version: 2, width: 80, height: 24, title: 'T' });
  expect(events).toEqual([
    [0.123, 'o', 'é\r\n\u001b[1mx'],
    [1, 'm', 'A mark'],
  ]);
});

it('draws frames between lines, with their captions', () => {
  expect(framesText([{ caption: 'One', rows: ['a', 'b'] }], 3)).toBe('## One\n---\na\nb\n---\n\n');
});

it('finds what a line was too short for, and those that scrolled away', async () => {
  const screen = new Screen({ columns: 10, rows: 2 }, () => undefined);
  await screen.write('0123456789abc\r\none\r\ntwo\r\nthree\r\none');
  const letters = screen.letters();
  expect(timesIn(letters, '789abc one')).toBe(1);
  expect(timesIn(letters, 'one')).toBe(2);
  expect(screen.rows()).toEqual(['three', 'one']);
});

it('tells a turn of the spinner from everything else', async () => {
  const screen = new Screen({ columns: 20, rows: 2 }, () => undefined);
  await screen.write('⠋ waiting');
  const before = screen.stillness();
  await screen.write('\r⠙ waiting');
  expect(screen.stillness()).toBe(before);
  await screen.write('\r⠹ waited ');
  expect(screen.stillness()).not.toBe(before);
  expect([hasSpinner('⠹ waited'), hasSpinner('waited')]).toEqual([true, false]);
});

it('answers what a program asks its terminal', async () => {
  const answers: string[] = [];
  const screen = new Screen({ columns: 20, rows: 2 }, (keys) => answers.push(keys));
  await screen.write('ab\u001b[6n');
  expect(answers).toEqual(['\u001b[1;3R']);
});

it('keeps what came and when, few turns of a spinner, and a long wait as a short one', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  try {
    const tape = new Tape(new Screen({ columns: 20, rows: 2 }, () => undefined));
    const takeAt = async (seconds: number, output: string) => {
      now.mockReturnValue(seconds * 1000);
      tape.take(output);
      await tape.drawn();
    };
    await takeAt(1, 'one ');
    await takeAt(2, '\r⠋ two');
    await takeAt(2.1, '\r⠙ two');
    await takeAt(2.6, '\r⠹ two');
    await takeAt(21, '\r✔ two');
    tape.shorten(1, 2);
    tape.keep('Here');
    await takeAt(22, 'three');
    expect(tape.events).toEqual([
      [1, 'o', 'one '],
      [1.1, 'o', '\r⠋ two'],
      [1.16, 'o', '\r⠹ two'],
      [3, 'o', '\r✔ two'],
      [3, 'm', 'Here'],
      [4, 'o', 'three'],
    ]);
    expect(tape.frames).toEqual([{ caption: 'Here', rows: ['✔ two', ''] }]);
  } finally {
    now.mockRestore();
  }
});

it.each([
  ['title: T\nrun: list\nsteps:\n  - wiat: x\n', 'wiat'],
  ['title: T\nrun: list\nsteps:\n  - press: entre\n', 'steps[0].press'],
  ['title: T\n', 'run'],
])('names what is wrong with a scenario: %j', (text, named) => {
  expect(() => parseScenario(text, 'x.yaml')).toThrow(named);
});

it('every scenario of the kit can be read', async () => {
  const folder = join(checkoutFolder, 'scripts/record/scenarios');
  for (const name of await readdir(folder)) {
    const { steps } = parseScenario(await readFile(join(folder, name), 'utf8'), name);
    expect(steps.length, name).toBeGreaterThan(0);
  }
});
