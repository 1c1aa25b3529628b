import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { waitUntil } from '../../scripts/system/wait.ts';
import { programPath } from '../support/program.ts';

const engineAnswers = async (): Promise<boolean> =>
  (await execa('docker', ['version'], { reject: false })).exitCode === 0;

let engineWasUp = true;

/** What the lab needs of this computer, before the first test: packages, a running engine, the bundle. */
export async function setup(): Promise<void> {
  engineWasUp = await engineAnswers();
  await execa(programPath, ['setup', '--yes'], { stdio: 'inherit' });
  await execa(programPath, ['bundle', 'build'], { stdio: 'inherit' });
}

/** Ends the engine where it was started for the tests and nothing else looks after it. */
export async function teardown(): Promise<void> {
  const first = (await readFile('/proc/1/comm', 'utf8').catch(() => '')).trim();
  if (engineWasUp || first === 'systemd') return;
  const pid = Number(await readFile('/var/run/docker.pid', 'utf8'));
  process.kill(pid, 'SIGTERM');
  await waitUntil(() => !alive(pid), { what: 'the docker engine has ended', deadlineSeconds: 60 });
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
