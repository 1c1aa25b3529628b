import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { FiredrillError } from '../system/errors.ts';
import { quoted } from '../system/run.ts';
import { bashHooks, endFollowing, followCommands, recordingNote, zshHooks, type ShellRecord } from './shell-record.ts';

/** How a shell is started so that it has the lab's environment and a prompt that says so. */
export interface ShellStart {
  file: string;
  args: readonly string[];
  environment: Record<string, string>;
  /** Start-up files to write into `folder` before. */
  files: Readonly<Record<string, string>>;
  /** Whether it tells of each command, at descriptor 3. */
  tells: boolean;
}

export interface ShellOptions {
  signal?: AbortSignal | undefined;
  /** Default: $SHELL. */
  shell?: string | undefined;
  args?: readonly string[];
  /** Who is told of each command. Default: nobody. */
  record?: ShellRecord | undefined;
}

/** Whether the commands typed in the lab's shell are to be recorded: by a flag, or FIREDRILL_RECORD. Off by default. */
export const wantsRecord = (flag: boolean | undefined, environment: NodeJS.ProcessEnv = process.env): boolean =>
  flag ?? !['', '0'].includes(environment['FIREDRILL_RECORD'] ?? '');

/**
 * Opens the learner's own shell ($SHELL) in this terminal, with `environment` added to the process's own.
 * @returns the shell's exit code; 128 + signal number where a signal ended it.
 * @throws FiredrillError `shell-missing` where the shell cannot be started.
 */
export async function openShell(environment: Record<string, string>, options: ShellOptions = {}): Promise<number> {
  const { record, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-shell-'));
  try {
    const start = startOf(options.shell ?? usersShell(), environment, folder, record?.where);
    for (const [name, content] of Object.entries(start.files)) await writeFile(join(folder, name), content);
    if (record && !start.tells) process.stderr.write(`${start.file} cannot be recorded: bash and zsh can.\n`);
    const whole = { ...start, args: [...start.args, ...(options.args ?? [])] };
    return await spawned(whole, signal, start.tells ? record?.take : undefined);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function usersShell(): string {
  const named = process.env['SHELL'];
  return named && existsSync(named) ? named : existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';
}

/**
 * What is started for a shell. The user's own start-up files are read first, so aliases and keys stay.
 * @param recordedIn file in which its commands are kept, where they are
 */
export function startOf(
  shell: string,
  environment: Record<string, string>,
  folder: string,
  recordedIn?: string,
): ShellStart {
  const tells = recordedIn !== undefined;
  const note = recordedIn === undefined ? '' : `echo ${quoted(recordingNote(recordedIn))}\n`;
  switch (basename(shell)) {
    case 'bash':
      return {
        file: shell,
        args: ['--rcfile', join(folder, 'bashrc'), '-i'],
        environment,
        files: { bashrc: `${bashrc(environment)}${tells ? bashHooks : ''}${note}` },
        tells,
      };
    case 'zsh':
      return {
        file: shell,
        args: ['-i'],
        environment: { ...environment, ZDOTDIR: folder },
        files: zshFiles(environment, `${tells ? zshHooks : ''}${note}`),
        tells,
      };
    default:
      return { file: shell, args: [], environment: { PS1: '(lab) $ ', ...environment }, files: {}, tells: false };
  }
}

/** Set once more after the user's own files, which may have changed them; a PATH of theirs stays behind the lab's. */
const exports = (environment: Record<string, string>): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quoted(value)}${name === 'PATH' ? ':"$PATH"' : ''}`)
    .join('\n');

/**
 * What the programs' completions take from the package bash-completion, for a computer without it: the words up to the
 * cursor. Only spaces part them, so that --namespace=x stays one word.
 */
const wordsForCompletion = `declare -F _get_comp_words_by_ref >/dev/null || _get_comp_words_by_ref() {
  local line=\${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line != *[[:space:]] ]] || words+=("")
  cword=$((\${#words[@]} - 1))
  cur=\${words[cword]} prev=\${words[cword - 1]}
}
`;

/** Programs of the lab's shell that say how they are completed. */
const completed = 'kubectl etcdctl etcdutl';

const bashrc = (environment: Record<string, string>): string => `[ -f ~/.bashrc ] && . ~/.bashrc
${exports(environment)}
# Prompts that are made anew for each command (git, starship) would lose the mark. A new line, because what is
# there may or may not end in a semicolon.
_lab_mark() { case $PS1 in '(lab) '*) ;; *) PS1="(lab) $PS1" ;; esac; }
PROMPT_COMMAND="$PROMPT_COMMAND
_lab_mark"
if ! declare -F _get_comp_words_by_ref >/dev/null && [ -f /usr/share/bash-completion/bash_completion ]; then
  . /usr/share/bash-completion/bash_completion
fi
${wordsForCompletion}for _lab_program in ${completed}; do
  if command -v "$_lab_program" >/dev/null; then . <("$_lab_program" completion bash 2>/dev/null); fi
done
echo "This shell talks to the lab. Leave it with 'exit' or Ctrl-D."
`;

function zshFiles(environment: Record<string, string>, last: string): Record<string, string> {
  const own = quoted(process.env['ZDOTDIR'] ?? process.env['HOME'] ?? '');
  const source = (name: string) => `[ -f ${own}/${name} ] && . ${own}/${name}\n`;
  return {
    '.zshenv': source('.zshenv'),
    '.zshrc': `${source('.zshrc')}${exports(environment)}
_lab_mark() { [[ $PS1 == '(lab) '* ]] || PS1="(lab) $PS1" }
autoload -Uz add-zsh-hook && add-zsh-hook precmd _lab_mark
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u -D }
for _lab_program in ${completed}; do
  if (( $+commands[$_lab_program] )); then . <($_lab_program completion zsh 2>/dev/null); fi
done
ZDOTDIR=${own}
echo "This shell talks to the lab. Leave it with 'exit' or Ctrl-D."
${last}`,
  };
}

async function spawned(
  start: ShellStart,
  signal: AbortSignal | undefined,
  take: ShellRecord['take'] | undefined,
): Promise<number> {
  signal?.throwIfAborted();
  const child = spawn(start.file, start.args, {
    stdio: ['inherit', 'inherit', 'inherit', ...(take ? (['pipe'] as const) : [])],
    env: { ...process.env, ...start.environment },
  });
  const pipe = child.stdio[3] as Readable | null | undefined;
  const followed = take && pipe ? followCommands(pipe, take) : undefined;
  // A hang-up lets a shell give the terminal back before it ends; a kill would not.
  const hangUp = () => child.kill('SIGHUP');
  signal?.addEventListener('abort', hangUp);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        reject(
          new FiredrillError(`The shell ${start.file} cannot be started.`, {
            code: 'shell-missing',
            remedy: 'Set SHELL to a shell that is there, such as /bin/bash, and try again.',
            cause,
          }),
        );
      });
      child.once('exit', (code, ended) => {
        resolve(code ?? 128 + (ended ? constants.signals[ended] : 0));
      });
    });
  } finally {
    signal?.removeEventListener('abort', hangUp);
    if (pipe && followed) await endFollowing(pipe, followed);
  }
}
