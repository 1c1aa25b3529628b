import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';
import { isMissing } from '../system/files.ts';
import { run, type CommandResult } from '../system/run.ts';
import type { HostCommands } from './fault.ts';
import { exits, workSeconds } from './on-machine.ts';

/**
 * The lease of a fault that the host does to a machine, which cannot undo it itself: it is off.
 *
 * A file in the lab's folder holds the deadline, and a small shell of its own (it outlives the program, a killed one too)
 * looks at it every second: it runs the undo when the deadline has passed, and ends when the file is gone. It does not
 * outlive the host; but the machines do not either.
 */
export const hostLeasePath = (lab: Pick<Lab, 'folder'>, id: string): string => join(lab.folder, `lease-${id}`);

const now = (): number => Math.floor(Date.now() / 1000);

/**
 * Shell function `finish UNDO...`. An injection that a killed program left running is refused, or waited for where it
 * had begun: each of the two writes its mark before it looks for the other's.
 */
const finish = `finish() {
  : > "$lease.refused"
  looks=0
  while { read -r pid < "$lease.injecting"; } 2>/dev/null && kill -0 "$pid" 2>/dev/null && [ "$looks" -lt 400 ]; do
    looks=$((looks + 1))
    sleep 0.1
  done
  "$@" || return ${exits.undoFailed}
  rm -f "$lease" "$lease.injecting" "$lease.refused"
}`;

const injectScript = `lease=$1; shift
echo $$ > "$lease.injecting"
[ -e "$lease" ] && [ ! -e "$lease.refused" ] || exit ${exits.refused}
code=0
"$@" || code=$?
rm -f "$lease.injecting"
exit "$code"`;

const undoScript = `lease=$1; shift
${finish}
how=undone
[ -e "$lease" ] || how=already
finish "$@" || exit
echo "$how"`;

/** A lab that was destroyed has taken the file with it; a machine that cannot be started is not tried for ever. */
const watchScript = `lease=$1; shift
${finish}
tries=0
while [ -e "$lease" ] && [ "$tries" -lt 30 ]; do
  if { read -r deadline < "$lease"; } 2>/dev/null && [ "$(date +%s)" -gt "$deadline" ]; then
    finish "$@" || tries=$((tries + 1))
  fi
  sleep 1
done`;

/** Injects after the undo is sure to be run, whatever happens to this program. Without an undo there is no lease. */
export async function injectOnHost(
  lab: Lab,
  id: string,
  { inject, undo }: HostCommands,
  options: { leaseSeconds: number; signal: AbortSignal | undefined },
): Promise<CommandResult> {
  const env = lab.shellEnvironment();
  if (!undo) return run(inject[0] ?? '', inject.slice(1), { env, signal: options.signal });
  const lease = hostLeasePath(lab, id);
  await writeFile(lease, `${now() + options.leaseSeconds}\n`, { mode: 0o600, flush: true });
  const watchdog = spawn('sh', ['-c', watchScript, 'firedrill-lease', lease, ...undo], {
    cwd: '/',
    detached: true,
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  await once(watchdog, 'spawn');
  watchdog.unref();
  // Not to be interrupted: half of it could not be told from none of it.
  return run('sh', ['-c', injectScript, 'sh', lease, ...inject], { env, timeoutSeconds: workSeconds });
}

/** Prints `undone`, or `already` where the lease was first. */
export const undoOnHost = (lab: Lab, id: string, undo: readonly string[]): Promise<CommandResult> =>
  run('sh', ['-c', undoScript, 'sh', hostLeasePath(lab, id), ...undo], {
    env: lab.shellEnvironment(),
    timeoutSeconds: workSeconds,
  });

/** Prolongs the lease. @returns false where it is over; then what is left of the fault must be undone. */
export async function renewOnHost(lab: Lab, id: string, leaseSeconds: number): Promise<boolean> {
  try {
    // Written in place, as long as before: a file that an undo has removed meanwhile must not come back.
    const file = await open(hostLeasePath(lab, id), 'r+');
    try {
      if (Number(await file.readFile('utf8')) <= now()) return false;
      await file.write(`${now() + leaseSeconds}\n`, 0);
      return true;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
