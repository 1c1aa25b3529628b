import { execa } from 'execa';
import { FiredrillError } from '../system/errors.ts';
import { quoted, runOrThrow } from '../system/run.ts';
import type { Host } from './host.ts';

const marker = 'FIREDRILL_IN_DOCKER_GROUP';

/** This very command line. */
const thisCommandLine = (): string[] => [process.execPath, ...process.execArgv, ...process.argv.slice(1)];

/**
 * Runs this command line again as a member of the group docker, for a user who was put into it after logging in: `sg` reads
 * /etc/group anew, a login does not. The terminal is handed over.
 *
 * `sg` makes the group the primary one, and newuidmap serves only those who have their own as primary (shadow-utils): so a
 * second `sg` goes back to it, and docker stays among the others.
 * @returns the exit code of the second run.
 * @throws FiredrillError `new-login-needed` where that is not possible.
 */
export async function runAgainInDockerGroup(
  host: Pick<Host, 'find'>,
  signal: AbortSignal,
  commandLine: readonly string[] = thisCommandLine(),
): Promise<number> {
  if (process.env[marker] !== undefined || (await host.find('sg')) === undefined) {
    throw new FiredrillError('You may use the docker engine now, but not yet in this terminal.', {
      code: 'new-login-needed',
      remedy: "Log out and in again (or run 'newgrp docker'), and run the same again.",
    });
  }
  const ownGroup = (await runOrThrow('id', ['--group', '--name'])).trim();
  const again = `exec ${commandLine.map(quoted).join(' ')}`;
  const second = execa('sg', ['docker', '-c', `exec sg ${quoted(ownGroup)} -c ${quoted(again)}`], {
    stdio: 'inherit',
    ipc: true,
    reject: false,
    env: { [marker]: '1' },
  });
  // Ctrl-C reaches both through the terminal. Any other end of this process is told by the channel between them, which closes
  // then: `sg` stands in between, and passes no signal on.
  const passOn = () => {
    second.nodeChildProcess.disconnect();
  };
  signal.addEventListener('abort', passOn, { once: true });
  const result = await second;
  signal.removeEventListener('abort', passOn);
  return result.exitCode ?? 130;
}
