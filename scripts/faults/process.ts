import { quoted } from '../system/run.ts';

/** The main process of a systemd unit, or each process whose program has this name (one in a pod, for example). */
export type Target = { unit: string } | { program: string };

export const nameOf = (target: Target): string => ('unit' in target ? target.unit : target.program);

/** Shell function `started PID`: when the process started, in clock ticks since boot (proc(5), field 22 of stat). */
const started = `started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }`;
/** Shell function `state PID`: R, S, T (stopped), Z, or nothing where there is no such process. */
const state = `state() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 1; }`;
export const processFunctions = [started, state];

/** Shell lines that write `PID START` of each target into `$FAULT_DIR/processes`, and fail where there is none. */
export const rememberProcesses = (target: Target): string[] => [
  ...processFunctions,
  `for pid in $(${pidsOf(target)}); do echo "$pid $(started "$pid")"; done > "$FAULT_DIR/processes.new"`,
  `[ -s "$FAULT_DIR/processes.new" ] || { echo ${quoted(`${nameOf(target)} does not run`)} >&2; exit 1; }`,
  'mv "$FAULT_DIR/processes.new" "$FAULT_DIR/processes"',
];

function pidsOf(target: Target): string {
  if ('unit' in target) return `systemctl show -p MainPID --value ${quoted(target.unit)} | grep -vx 0 || :`;
  const program = `$(tr '\\0' '\\n' < "$folder/cmdline" 2>/dev/null | head -n 1)`;
  return `for folder in /proc/[0-9]*; do p="${program}"; [ "\${p##*/}" != ${quoted(target.program)} ] || echo "\${folder#/proc/}"; done`;
}
