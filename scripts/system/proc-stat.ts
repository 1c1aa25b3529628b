import { readIfThere } from './files.ts';

/**
 * Fields of /proc/PID/stat behind the name in brackets, which may have blanks and brackets in it: the first is the state,
 * the second the parent (proc_pid_stat(5) counts them from 3). Undefined where there is no such process, or no /proc.
 */
export async function statOf(pid: number | string): Promise<string[] | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`).catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** CPU time of a process so far, in seconds; 0 where there is no /proc to tell. */
export async function cpuSecondsOf(pid: number | string): Promise<number> {
  // utime and stime, in the hundredths of a second that every Linux counts in.
  const [user, system] = (await statOf(pid))?.slice(11, 13).map(Number) ?? [];
  return ((user ?? 0) + (system ?? 0)) / 100;
}
