import { CommanderError } from 'commander';
import { keepError } from '../system/error-log.ts';
import { ApiUnreachable, Ended, FiredrillError, Interrupted, messageOf } from '../system/errors.ts';
import { fitted, interrupt } from './context.ts';
import { createProgram } from './program.ts';

/** Runs one command line; returns its exit code: 0 reached, 1 not yet, 2 wrong usage, 3 could not, 130 interrupted. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // Run again in another group (`runAgainInDockerGroup`), it ends with the first run.
  process.on('disconnect', interrupt);
  // A reader that went away (`firedrill list | head -1`) ends the program quietly.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', interrupt);
  try {
    await createProgram().parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return await explain(error, argv);
  }
}

const tell = (text: string, stack: string): void => {
  process.stderr.write(`${fitted(text, process.stderr)}${stack}`);
};

const silentLab =
  "Where this computer is busy, run it again when it is less so. 'npx firedrill lab status' shows who answers, and 'npx firedrill reset' mends the lab.";

async function explain(error: unknown, argv: readonly string[]): Promise<number> {
  if (error instanceof Ended) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interrupted) {
    process.stderr.write('\nStopped.\n');
    return 130;
  }
  const stack = argv.includes('--verbose') && error instanceof Error ? `\n${error.stack ?? ''}\n` : '';
  if (error instanceof FiredrillError) {
    const cause = error.cause === undefined ? '' : `\n  ${messageOf(error.cause).split('\n')[0] ?? ''}`;
    tell(`firedrill: ${error.message}${cause}\nWhat to do: ${error.remedy}\n`, stack);
    return error.exitCode;
  }
  if (error instanceof ApiUnreachable) {
    tell(`firedrill: The lab did not answer: ${error.message}.\nWhat to do: ${silentLab}\n`, stack);
    return 3;
  }
  const log = await keepError(error, argv.slice(2));
  const remedy =
    log === undefined
      ? 'Run it again with --verbose, and report what it prints.'
      : `Report it, with what ${log} says of it.`;
  tell(`firedrill: something went wrong that it did not expect: ${messageOf(error)}\nWhat to do: ${remedy}\n`, stack);
  return 3;
}
