import type { Lab } from '../scripts/lab/lab.ts';

/** A container that runs on a machine. */
export interface RunningContainer {
  /** As containerd calls it. */
  id: string;
  /** When its process started, in clock ticks since the kernel booted (proc(5), field 22 of stat). */
  started: string;
}

/** Prints `ID START` of each container that runs. `filter` is one of containerd's. */
const script = (filter: string): string => `set -e
ids=$(ctr containers list -q ${filter} 2>/dev/null)
tasks=$(ctr tasks list 2>/dev/null)
for id in $ids; do
  pid=$(echo "$tasks" | awk -v id="$id" '$1 == id && $3 == "RUNNING" { print $2 }')
  [ -z "$pid" ] || echo "$id $(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)"
done`;

/**
 * The containers that run on a machine: all, those that hold a pod together included, or those of one name. containerd
 * there is asked, which needs no kubelet and no API server.
 * @throws where the machine or its containerd does not answer.
 */
export async function runningContainers(lab: Lab, machine: string, name?: string): Promise<RunningContainer[]> {
  // The kubelet labels each container with its name in the pod.
  const filter = name === undefined ? '' : `'labels."io.kubernetes.container.name"==${name}'`;
  const result = await lab.on(machine, script(filter));
  if (result.exitCode !== 0) throw new Error(`containerd on ${machine} does not answer`);
  return containersIn(result.stdout);
}

/** One that ended while it was looked at has no start any more, and is left out. */
export const containersIn = (printed: string): RunningContainer[] =>
  printed.split('\n').flatMap((line) => {
    const [id = '', started = ''] = line.trim().split(' ');
    return started === '' ? [] : [{ id, started }];
  });

/** Those of `before` that run still, as the very same process. */
export const stillRunning = (
  before: readonly RunningContainer[],
  now: readonly RunningContainer[],
): readonly RunningContainer[] =>
  before.filter((one) => now.some(({ id, started }) => id === one.id && started === one.started));
