import { enableCompileCache } from 'node:module';
import { CommanderError } from 'commander';
import { interrupt } from './commands/context.ts';
import { createProgram } from './commands/program.ts';
import { FiredrillError, Interrupted, messageOf } from './system/errors.ts';

enableCompileCache();
process.exit(await main(process.argv));

/** Runs one command line; returns its exit code: 0 reached, 1 not yet, 2 wrong usage, 3 could not, 130 interrupted. */
async function main(argv: readonly string[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  // A reader that went away (`firedrill list | head -1`) ends the program quietly.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', interrupt);
  try {
    await createProgram().parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return explain(error, argv.includes('--verbose'));
  }
}

function explain(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Interrupted) {
    process.stderr.write('\nStopped.\n');
    return 130;
  }
  const stack = verbose && error instanceof Error ? `\n${error.stack ?? ''}\n` : '';
  if (error instanceof FiredrillError) {
    const cause = error.cause === undefined ? '' : `\n  ${messageOf(error.cause).split('\n')[0] ?? ''}`;
    process.stderr.write(`firedrill: ${error.message}${cause}\nWhat to do: ${error.remedy}\n${stack}`);
    return error.exitCode;
  }
  process.stderr.write(
    `firedrill: something went wrong that it did not expect: ${messageOf(error)}\n` +
      `What to do: run it again with --verbose, and report what it prints.\n${stack}`,
  );
  return 3;
}
