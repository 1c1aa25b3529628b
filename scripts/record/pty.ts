import { execa } from 'execa';
import { checkoutFolder } from '../system/folders.ts';
import { quoted } from '../system/run.ts';

/** Seconds that the program is given to put everything back after it was told to end. */
const graceSeconds = 30;

export interface PtyProgram {
  type(keys: string): void;
  /** Resolves with its exit code. */
  ended: Promise<number>;
  /** Ends it, where it still runs. */
  end(): Promise<void>;
}

export interface PtyOptions {
  columns: number;
  rows: number;
  env?: Record<string, string | undefined> | undefined;
  onOutput: (output: string) => void;
}

/**
 * Runs a program in a pseudo-terminal, as somebody would at a plain terminal with colours: by util-linux' `script`, which
 * every Linux has. Its shell is /bin/sh, whose prompt does not tell whose computer it is.
 */
export function startInPty(words: readonly string[], { columns, rows, env, onOutput }: PtyOptions): PtyProgram {
  // The pseudo-terminal begins without a size, and without echo as this process is no terminal.
  const command = `stty sane rows ${rows} cols ${columns} && exec ${words.map(quoted).join(' ')}`;
  const plain = { NO_COLOR: undefined, FORCE_COLOR: undefined, ACCESSIBLE: undefined, CI: undefined };
  const child = execa('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
    cwd: checkoutFolder,
    env: { ...plain, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh', ...env },
    buffer: false,
    reject: false,
    forceKillAfterDelay: graceSeconds * 1000,
  });
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', onOutput);
  // What is typed after its end is for nobody.
  child.stdin.on('error', () => undefined);
  const ended = child.then(({ exitCode }) => exitCode ?? 137);
  return {
    type: (keys) => {
      child.stdin.write(keys);
    },
    ended,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
