import { execa } from 'execa';
import { FiredrillError } from '../system/errors.ts';
import { quoted } from '../system/run.ts';
import type { Host } from './host.ts';

const marker = 'FIREDRILL_IN_DOCKER_GROUP';

/**
 * Runs this command line again as a member of the group docker, for a user who was put into it after logging in: `sg` reads
 * /etc/group anew, a login does not. The terminal is handed over.
 * @returns the exit code of the second run.
 * @throws FiredrillError `new-login-needed` where that is not possible.
 */
export async function runAgainInDockerGroup(host: Host, signal: AbortSignal): Promise<number> {
  if (process.env[marker] !== undefined || (await host.find('sg')) === undefined) {
    throw new FiredrillError('You may use the docker engine now, but not yet in this terminal.', {
      code: 'new-login-needed',
      remedy: "Log out and in again (or run 'newgrp docker'), and run the same again.",
    });
  }
  const commandLine = [process.execPath, ...process.execArgv, ...process.argv.slice(1)].map(quoted).join(' ');
  const second = execa('sg', ['docker', '-c', `exec ${commandLine}`], {
    stdio: 'inherit',
    reject: false,
    env: { [marker]: '1' },
  });
  // Ctrl-C reaches both through the terminal; any other signal reaches this process alone.
  const passOn = () => second.kill('SIGTERM');
  signal.addEventListener('abort', passOn);
  const result = await second;
  signal.removeEventListener('abort', passOn);
  return result.exitCode ?? 130;
}
