import { join } from 'node:path';
import { FiredrillError, Interrupted } from '../system/errors.ts';
import { checkoutFolder, labFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';

export interface VagrantOptions {
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs the `vagrant` program for a lab. For lifecycle only: it costs seconds a call.
 * @throws FiredrillError `vagrant-failed` with the last lines that it said; Interrupted.
 */
export async function vagrant(labName: string, args: readonly string[], options: VagrantOptions = {}): Promise<string> {
  const result = await run('vagrant', args, {
    cwd: checkoutFolder,
    env: vagrantEnvironment(labName),
    signal: options.signal,
    onLine: options.onLine,
  });
  if (options.signal?.aborted) throw new Interrupted();
  if (result.exitCode === 0) return result.stdout;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-12).join('\n');
  throw new FiredrillError(`'vagrant ${args.join(' ')}' failed:\n${said}`, {
    code: 'vagrant-failed',
    remedy:
      "Read what Vagrant said above. 'npx firedrill doctor' looks for the usual causes; 'npx firedrill lab up' goes on where it stopped.",
  });
}

export const vagrantEnvironment = (labName: string): Record<string, string> => ({
  FIREDRILL_LAB: labName,
  VAGRANT_DOTFILE_PATH: join(labFolder(labName), 'vagrant'),
  VAGRANT_CHECKPOINT_DISABLE: '1',
  VAGRANT_DEFAULT_PROVIDER: 'docker',
  VAGRANT_IGNORE_WINRM_PLUGIN: '1',
});
