import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';
import { nameOf, processFunctions, rememberProcesses, type Target } from './process.ts';

/** Kills a process with SIGKILL. Whatever watches over it (systemd, the kubelet) may start it again: that is the drill. */
export function killProcess(machine: string, target: Target): Fault {
  return {
    kind: 'kill-process',
    machine,
    title: `${nameOf(target)} is killed on ${machine}`,
    inject: [
      ...rememberProcesses(target),
      'while read -r pid start; do kill -KILL "$pid"; done < "$FAULT_DIR/processes"',
    ].join('\n'),
    // In force as long as the very processes are gone, even if others have taken their place.
    proof: [
      ...processFunctions,
      '[ -s "$FAULT_DIR/processes" ]',
      'while read -r pid start; do',
      '  [ "$(started "$pid")" != "$start" ] || [ "$(state "$pid")" = Z ] || exit 1',
      'done < "$FAULT_DIR/processes"',
    ].join('\n'),
    undo: 'unit' in target ? startUnit(target.unit) : ':',
  };
}

const startUnit = (unit: string): string =>
  [
    '[ -e "$FAULT_DIR/processes" ] || exit 0',
    `systemctl reset-failed ${quoted(unit)} 2>/dev/null || :`,
    `systemctl start ${quoted(unit)}`,
  ].join('\n');
