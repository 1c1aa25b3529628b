import { afterEach, expect, it, vi } from 'vitest';
import { statOf } from '../../scripts/system/proc-stat.ts';
import { run, runOrThrow } from '../../scripts/system/run.ts';

/** As a kept connection of ssh does, something holds the output of a command that was ended. It says which process. */
const holdsItsOutput = ['-c', 'sleep 30 & echo $!; exec sleep 30'];
let holder = 0;
const hear = (line: string): void => {
  holder = Number(line);
};

/** One that ended and was not yet buried does not run. */
const isRunning = async (pid: number): Promise<boolean> => !['Z', undefined].includes((await statOf(pid))?.[0]);

afterEach(() => {
  if (holder > 0) process.kill(holder);
  holder = 0;
});

it('does not wait for what holds the output of a program that ran out of time', async () => {
  const startedAt = Date.now();
  await expect(run('sh', holdsItsOutput, { timeoutSeconds: 1, onLine: hear })).rejects.toMatchObject({
    code: 'command-timed-out',
  });
  expect(Date.now() - startedAt).toBeLessThan(10_000);
}, 15_000);

it('nor of one that was interrupted', async () => {
  const interrupt = new AbortController();
  const running = run('sh', holdsItsOutput, {
    signal: interrupt.signal,
    onLine: (line) => {
      hear(line);
      interrupt.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ name: 'Interrupted' });
}, 15_000);

it('hears all that a program says, and its exit code', async () => {
  const lines: string[] = [];
  const ran = await run('sh', ['-c', 'echo one; echo two >&2; exit 3'], { onLine: (line) => lines.push(line) });
  expect(ran).toEqual({ stdout: 'one\n', stderr: 'two\n', exitCode: 3 });
  expect(lines.toSorted()).toEqual(['one', 'two']);
});

it('ends what an interrupted program had started, where that is wanted', async () => {
  const interrupt = new AbortController();
  const running = run('sh', holdsItsOutput, {
    signal: interrupt.signal,
    withDescendants: true,
    onLine: (line) => {
      hear(line);
      interrupt.abort();
    },
  });
  await expect(running).rejects.toMatchObject({ name: 'Interrupted' });
  await vi.waitFor(async () => {
    expect(await isRunning(holder)).toBe(false);
  }, 10_000);
  holder = 0;
}, 15_000);

it('cuts a long command line in what it says of a failure', async () => {
  const long = `exit 3 # ${'and so on '.repeat(100)}\n# and a second line`;
  const failure = runOrThrow('sh', ['-c', long]);
  await expect(failure).rejects.toThrow(/^sh -c 'exit 3 # and so on .{1,200} … failed \(exit code 3\)\.\n$/);
});

it.each([
  [
    'a program that is not there',
    'no-such-program',
    undefined,
    "There is no program 'no-such-program' in any folder of PATH.",
  ],
  ['nor at its path', '/no/such/program', undefined, 'There is no program /no/such/program.'],
  ['one that may not be run', '/etc/passwd', undefined, "'/etc/passwd' cannot be run: spawn /etc/passwd EACCES."],
  ['a folder to run it in that is not there', 'sh', '/no/such/folder', "'sh' cannot be run: "],
])('names %s', async (_, file, cwd, message) => {
  await expect(run(file, [], { cwd })).rejects.toMatchObject({
    code: 'command-missing',
    message: expect.stringContaining(message) as string,
    remedy: expect.stringContaining('npx firedrill setup') as string,
  });
});
