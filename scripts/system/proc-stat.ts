import { readIfThere } from './files.ts';

/**
 * Fields of /proc/PID/stat behind the name in brackets, which may have blanks and brackets in it: the first is the state,
 * the second the parent (proc_pid_stat(5) counts them from 3). Undefined where there is no such process, or no /proc.
 */
export async function statOf(pid: number | string): Promise<string[] | undefined> {
  const stat = await readIfThere(`/proc/${pid}/stat`).catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}
