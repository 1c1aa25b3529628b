import type { Options } from 'execa';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { FiredrillError, Interrupted } from './errors.ts';

export interface CommandResult {
  stdout: string;
  stderr: string;
  /** Exit code; 128 + signal number where a signal ended it. */
  exitCode: number;
}

export interface RunOptions {
  signal?: AbortSignal | undefined;
  /** Seconds until the program is ended; none by default. */
  timeoutSeconds?: number | undefined;
  env?: Record<string, string> | undefined;
  cwd?: string | undefined;
  input?: string | Uint8Array | undefined;
  /** Ended with all that it started, in a process group of its own: not for what asks in the terminal. */
  withDescendants?: boolean | undefined;
  /** Called with each line of stdout and stderr as it comes. */
  onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs a program and returns what it said, whatever its exit code.
 * @throws Interrupted if `signal` ended it; FiredrillError `command-missing`, `command-timed-out`.
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const execaOptions: Options = {
    reject: false,
    stripFinalNewline: false,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.signal ? { cancelSignal: options.signal } : {}),
    ...(options.timeoutSeconds ? { timeout: options.timeoutSeconds * 1000 } : {}),
    ...(options.withDescendants ? { killDescendants: true } : {}),
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  };
  // Loaded where a program is run: 'list' and '--help' run none, and should answer at once.
  const { execa } = await import('execa');
  const child = execa(file, args, execaOptions);
  const { nodeChildProcess } = child;
  nodeChildProcess.once('exit', () => {
    // By us: it ran out of time, or was interrupted.
    if (!nodeChildProcess.killed) return;
    // What it had started may hold its output open, the kept connection of ssh for one: nobody waits for that.
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  const { onLine } = options;
  if (onLine) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', onLine);
    }
  }
  const result = await child;
  if (result.isCanceled) throw new Interrupted();
  if (result.timedOut) {
    throw new FiredrillError(`${brief(file, args)} did not finish within ${options.timeoutSeconds ?? 0} s.`, {
      code: 'command-timed-out',
      remedy: 'Is the computer very busy, or the docker engine stuck? Look, and run the same again.',
    });
  }
  if (result.exitCode === undefined && result.signal === undefined) {
    throw new FiredrillError(whyNotRun(file, options.cwd, result), {
      code: 'command-missing',
      remedy: "Run 'npx firedrill setup': it installs what is missing, after asking.",
    });
  }
  return {
    stdout: String(result.stdout ?? ''),
    stderr: String(result.stderr ?? ''),
    exitCode: result.exitCode ?? 137,
  };
}

/** The kernel says the same of a program and of a folder to run it in that are not there. */
function whyNotRun(
  file: string,
  folder: string | undefined,
  { code, originalMessage = 'nothing says why' }: { code?: string | undefined; originalMessage?: string | undefined },
): string {
  if (code !== 'ENOENT' || (folder !== undefined && !existsSync(folder))) {
    return `'${file}' cannot be run: ${originalMessage}.`;
  }
  return file.includes('/') ? `There is no program ${file}.` : `There is no program '${file}' in any folder of PATH.`;
}

/**
 * Runs a program that must succeed, and returns its stdout.
 * @throws FiredrillError `command-failed` with the command, its output and the exit code; and what `run` throws.
 */
export async function runOrThrow(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(file, args, options);
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-6).join('\n');
  throw new FiredrillError(`${brief(file, args)} failed (exit code ${result.exitCode}).\n${said}`, {
    code: 'command-failed',
    remedy: 'Read what the command said above. Run it by hand to see more.',
  });
}

/** A command line as one could paste it. */
export const shown = (file: string, args: readonly string[]): string => [file, ...args].map(quoted).join(' ');

const mostCharacters = 160;

/** A command line for a message: on one line, and cut where it is long. */
function brief(file: string, args: readonly string[]): string {
  const line = shown(file, args).replaceAll(/\s+/g, ' ');
  return line.length <= mostCharacters ? line : `${line.slice(0, mostCharacters)} …`;
}

/** A word quoted for a POSIX shell where it needs it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
