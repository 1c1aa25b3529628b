import { run, shown, type CommandResult } from '../system/run.ts';
import { FiredrillError } from '../system/errors.ts';
import { waitUntil } from '../system/wait.ts';

interface EndOptions {
  signal?: AbortSignal | undefined;
  /** In place of the docker program, for tests. */
  docker?: (args: readonly string[]) => Promise<CommandResult>;
}

/**
 * Ends a container: `docker kill`, `docker stop`, `docker rm --force`. On a host with cgroup v1 a process that is frozen takes
 * no signal, so that a machine does not end whose own runc has frozen a pod in that moment (as it does for milliseconds
 * whenever it starts one) and was killed before it could thaw it. Then its processes are thawed here, and it is ended again.
 * Where somebody else removes the same container (Vagrant, or a run of ours that was interrupted: the engine goes on), it is
 * waited for until it is gone.
 * @throws FiredrillError `command-failed`, `waited-in-vain`; Interrupted.
 */
export async function endContainer(command: readonly string[], id: string, options: EndOptions = {}): Promise<void> {
  const { signal } = options;
  const docker = options.docker ?? ((args: readonly string[]) => run('docker', args, { signal }));
  const args = [...command, id];
  let result = await docker(args);
  if (result.exitCode !== 0 && doesNotEnd.test(result.stderr)) {
    await thaw(id, docker);
    result = await docker(args);
  }
  if (result.exitCode === 0) return;
  if (command[0] === 'rm') {
    const isGone = async () => isNotThere.test((await docker(['inspect', '--format', '{{.Id}}', id])).stderr);
    if (isBeingRemoved.test(result.stderr)) {
      const what = `the docker engine has removed the container ${id}`;
      await waitUntil(isGone, { what, deadlineSeconds: removalSeconds, signal });
      return;
    }
    if (isNotThere.test(result.stderr)) return;
  }
  throw new FiredrillError(`${shown('docker', args)} failed (exit code ${result.exitCode}).\n${result.stderr.trim()}`, {
    code: 'command-failed',
    remedy: 'Read what the command said above. Run it by hand to see more.',
  });
}

/** What the docker engine says after it has waited for ten seconds (moby, daemon/kill.go and daemon/stop.go). */
const doesNotEnd = /did not receive an exit event/;
/** The same where another client's removal of the container is not over (moby, daemon/delete.go), and where it is. */
const isBeingRemoved = /removal of container \S+ is already in progress/;
const isNotThere = /no such (container|object)/i;
/** Seconds that the other one's removal is given. */
const removalSeconds = 60;

/** By a container of the same image: who may use docker need not be root. */
async function thaw(id: string, docker: (args: readonly string[]) => Promise<CommandResult>): Promise<void> {
  const image = (await docker(['inspect', '--format', '{{.Image}}', id])).stdout.trim();
  const fullId = (await docker(['inspect', '--format', '{{.Id}}', id])).stdout.trim();
  if (image === '' || fullId === '') return;
  const mounts = ['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/host-cgroup'];
  await docker([
    'run',
    '--rm',
    '--network',
    'none',
    ...mounts,
    '--entrypoint',
    '/bin/sh',
    image,
    '-c',
    thawScript,
    'sh',
    fullId,
  ]);
}

const thawScript = `
find /host-cgroup -path "*$1*" -name freezer.state | while read -r file; do echo THAWED > "$file"; done
find /host-cgroup -path "*$1*" -name cgroup.freeze | while read -r file; do echo 0 > "$file"; done`;
