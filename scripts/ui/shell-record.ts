import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { masked } from '../system/secrets.ts';

/** A command that somebody typed in the lab's shell. */
export interface LearnerCommand {
  /** When it began, ISO 8601. */
  at: string;
  /** Without the secrets that are known as such. */
  command: string;
  exitCode: number;
}

/** Who is told of the commands, and what the person at the shell is told about it. */
export interface ShellRecord {
  /** File that keeps them. */
  where: string;
  take: (command: LearnerCommand) => void;
}

/** File descriptor at which the shell finds the pipe when it starts. */
const pipeDescriptor = 3;

/**
 * For the end of bash's start-up file, but before PROMPT_COMMAND has anything that changes `$?`. Written are: when a
 * command began (microseconds since the epoch), its exit code and its text, and a zero byte. PS0 is expanded between
 * reading a command and running it; before bash 5 there is no such clock, and whole seconds must do. The pipe moves out
 * of the way of people's own `exec 3>`. A subshell writes, so that a broken pipe does not end the shell.
 */
export const bashHooks = `_lab_set=1
HISTCONTROL=ignorespace
[ -z "$EPOCHREALTIME" ] || PS0="$PS0"'\${_lab_set:$((_lab_began=\${EPOCHREALTIME/[.,]/},0)):0}'
exec 19>&${pipeDescriptor} ${pipeDescriptor}>&-
_lab_tell() {
  local code=$? form='^ *([0-9]+)[* ] (.*)$' number=0 text=
  [[ $(HISTTIMEFORMAT= history 1) =~ $form ]] && number=\${BASH_REMATCH[1]} text=\${BASH_REMATCH[2]}
  if [ -n "$_lab_last" ] && [ "$number" != "$_lab_last" ]; then
    (printf '%s %s %s\\0' "\${_lab_began:-$(date +%s)}" "$code" "$text" >&19) 2>/dev/null
  fi
  _lab_last=$number _lab_began=
  return $code
}
PROMPT_COMMAND="_lab_tell
$PROMPT_COMMAND"
`;

/** The same for zsh, which says itself what was typed. */
export const zshHooks = `zmodload zsh/datetime
exec {_lab_pipe}>&${pipeDescriptor} ${pipeDescriptor}>&-
_lab_begins() { [[ $1 == ' '* ]] || { _lab_line=$1; _lab_began=$EPOCHREALTIME } }
_lab_tell() {
  local code=$?
  if [[ -n $_lab_line ]]; then
    (printf '%s %s %s\\0' "\${_lab_began/[.,]/}" "$code" "$_lab_line" >&$_lab_pipe) 2>/dev/null
  fi
  _lab_line=
}
autoload -Uz add-zsh-hook && add-zsh-hook preexec _lab_begins && add-zsh-hook precmd _lab_tell
`;

/** What is said when the shell starts. */
export const recordingNote = (where: string): string =>
  `Recorded for 'npx firedrill report', without secrets: each command that you type, its time and exit code, in ${where}. ` +
  'One that begins with a blank is not.';

/**
 * Reads what the hooks write. The promise resolves when nothing more comes.
 * @param pipe the other end of the shell's descriptor 3
 */
export async function followCommands(pipe: Readable, take: ShellRecord['take']): Promise<void> {
  let rest = '';
  pipe.setEncoding('utf8');
  pipe.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const command = parseTold(part);
      if (command) take(command);
    }
  });
  // A shell that is hung up may leave its end broken: then there is nothing more to read.
  await once(pipe, 'close').catch(() => undefined);
}

/** Ends the reading soon: a program that goes on in the background still holds the other end. */
export async function endFollowing(pipe: Readable, followed: Promise<void>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([followed, pause(200, undefined, { signal: enough.signal }).catch(() => undefined)]);
  enough.abort();
  pipe.destroy();
}

function parseTold(text: string): LearnerCommand | undefined {
  const [, began, exitCode, command] = /^(\d{10,}) (\d+) ([\s\S]+)$/.exec(text) ?? [];
  if (began === undefined || command === undefined) return undefined;
  // Ten digits are seconds, and the clocks of bash and zsh add six or ten more.
  const at = Number(began.slice(0, 13).padEnd(13, '0'));
  return { at: new Date(at).toISOString(), command: masked(command.trim()), exitCode: Number(exitCode) };
}
