import { FiredrillError, Interrupted } from '../system/errors.ts';
import { checkoutFolder } from '../system/folders.ts';
import { run, type CommandResult } from '../system/run.ts';
import { vagrantFolder, vagrantHome } from './vagrant-link.ts';

export interface VagrantOptions {
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
}

/** What Vagrant says where another of its processes, with the same home, works on a machine. */
const isLocked = /another (Vagrant )?process is (already|currently)/;
/** Seconds that the other one, which somebody runs by hand, is given. */
const lockedSeconds = 180;

/**
 * Runs the `vagrant` program for a lab, with the lab's lock. For lifecycle only: it costs seconds a call.
 * @throws FiredrillError `vagrant-failed` with what it said; Interrupted.
 */
export async function vagrant(labName: string, args: readonly string[], options: VagrantOptions = {}): Promise<string> {
  const startedAt = Date.now();
  let result = await once(labName, args, options);
  while (
    result.exitCode !== 0 &&
    isLocked.test(result.stdout + result.stderr) &&
    Date.now() - startedAt < lockedSeconds * 1000
  ) {
    options.onLine?.('Another vagrant works on the machines: wait for it');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    result = await once(labName, args, options);
  }
  if (result.exitCode === 0) return result.stdout;
  const said = whatWentWrong(result);
  throw new FiredrillError(`'vagrant ${args.join(' ')}' failed:\n${said}`, {
    code: 'vagrant-failed',
    remedy:
      "Read what Vagrant said above. 'npx firedrill doctor' looks for the usual causes; 'npx firedrill lab up' goes on where it stopped.",
  });
}

/** Lines of what Vagrant said: the first of what failed on each machine, which stands on stderr, or else the last. */
function whatWentWrong({ stdout, stderr }: CommandResult): string {
  // Where in Vagrant's own code an error came up helps nobody here.
  const errors = stderr
    .trim()
    .split('\n')
    .filter((line) => !/^\/\S+\.rb:\d+:in /.test(line));
  const lines = errors.join('') === '' ? stdout.trim().split('\n').slice(-12) : errors.slice(0, 80);
  return lines.join('\n').trim();
}

async function once(labName: string, args: readonly string[], options: VagrantOptions): Promise<CommandResult> {
  const result = await run('vagrant', args, {
    cwd: checkoutFolder,
    env: vagrantEnvironment(labName),
    signal: options.signal,
    onLine: options.onLine,
  });
  if (options.signal?.aborted) throw new Interrupted();
  return result;
}

export const vagrantEnvironment = (labName: string): Record<string, string> => ({
  FIREDRILL_LAB: labName,
  VAGRANT_DOTFILE_PATH: vagrantFolder(labName),
  // Also where the person has set another: its plugins and its Vagrantfile are for other machines than the lab's.
  VAGRANT_HOME: vagrantHome(labName),
  VAGRANT_CHECKPOINT_DISABLE: '1',
  VAGRANT_DEFAULT_PROVIDER: 'docker',
  VAGRANT_IGNORE_WINRM_PLUGIN: '1',
  // For the Vagrantfile.
  FIREDRILL_WAITS: 'yes',
});
