import type { Command } from 'commander';
import { Interrupted } from '../system/errors.ts';
import { fit } from '../ui/wrap.ts';

/** What every command is told by the global flags and the terminal it runs in. */
export interface Context {
  /** Do not ask: yes to everything (`--yes`). */
  yes: boolean;
  /** One JSON document, or one a line, on stdout instead of text. */
  json: boolean;
  verbose: boolean;
  /** Name of the lab. */
  lab: string;
  /** Whether a person can be asked: a terminal on both sides, no `--yes`, no `--json`. */
  interactive: boolean;
  /** Aborted by Ctrl-C, SIGTERM or a closed terminal, with `Interrupted`. */
  signal: AbortSignal;
  print(line: string): void;
  printJson(value: unknown): void;
}

const interruption = new AbortController();

/** Aborts what runs now: called for each signal. */
export const interrupt = (): void => {
  interruption.abort(new Interrupted());
};

/** A text as a stream's terminal has room for it; as it is where that is none. */
export const fitted = (text: string, stream: NodeJS.WriteStream): string =>
  stream.isTTY && stream.columns > 0 ? fit(text, stream.columns) : text;

export function contextOf(command: Command): Context {
  const flags = command.optsWithGlobals<{ yes?: boolean; json?: boolean; verbose?: boolean; lab?: string }>();
  const json = flags.json ?? false;
  const yes = flags.yes ?? false;
  return {
    yes,
    json,
    verbose: flags.verbose ?? false,
    lab: flags.lab ?? 'firedrill',
    interactive: !yes && !json && process.stdin.isTTY && process.stdout.isTTY,
    signal: interruption.signal,
    print: (line) => {
      process.stdout.write(`${fitted(line, process.stdout)}\n`);
    },
    printJson: (value) => {
      process.stdout.write(`${JSON.stringify(value)}\n`);
    },
  };
}
