import { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../../scripts/commands/program.ts';
import { wholeNumber, type Range } from '../../scripts/commands/whole-number.ts';

const read = (range: Range, text: string): unknown =>
  new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .option('--count <number>', 'how many', wholeNumber(range))
    .parse(['--count', text], { from: 'user' })
    .opts()['count'];

it.each([
  ['1', 1],
  ['9', 9],
  ['007', 7],
])('takes %s', (text, number) => {
  expect(read({ from: 1, to: 9 }, text)).toBe(number);
});

it.each(['0', '10', '', ' ', '2.5', '1e0', '0x1', '-1', '+1', 'x', '5 '])(
  'refuses %j, and says what is allowed',
  (text) => {
    expect(() => read({ from: 1, to: 9 }, text)).toThrow(
      `error: option '--count <number>' argument '${text}' is invalid. It must be a whole number from 1 to 9.`,
    );
  },
);

it('knows a range without an end, which ends where numbers are no longer exact', () => {
  expect(read({ from: 0 }, '9007199254740991')).toBe(9007199254740991);
  for (const text of ['-1', '9007199254740992']) {
    expect(() => read({ from: 0 }, text)).toThrow('It must be a whole number from 0 on.');
  }
});

it.each([
  [['lab', 'scale', '--workers', '1'], 'from 2 to 9'],
  [['lab', 'upgrade', 'w1', '--to', 'older', '--ready-within', '0'], 'from 1 on'],
  [['lab', 'up', '--first-port', '80'], 'from 1024 to 65000'],
  [['lab', 'logs', 'w1', '--lines', 'x'], 'from 1 on'],
  [['stage', '--rate', '10001'], 'from 1 to 10000'],
  [['stage', '--for', '0.5'], 'from 1 to 86400'],
  [['playground', 'get', 'x', '--rev', '-3'], 'from 0 on'],
  [['playground', 'stress', '--writes', '0'], 'from 1 on'],
  [['bundle', 'serve', '--port', '70000'], 'from 1 to 65535'],
])('%j: exit 2', async (args, allowed) => {
  const program = createProgram();
  const quiet = (command: Command): void => {
    command.configureOutput({ writeErr: () => undefined });
    command.commands.forEach(quiet);
  };
  quiet(program);
  const failed = program.parseAsync(['node', 'firedrill', ...args]);
  await expect(failed).rejects.toMatchObject({
    code: 'commander.invalidArgument',
    message: expect.stringContaining(
      `argument '${args.at(-1) ?? ''}' is invalid. It must be a whole number ${allowed}.`,
    ) as string,
  });
});
