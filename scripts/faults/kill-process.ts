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
      'touch "$FAULT_DIR/killing"',
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
    ...processFunctions,
    '[ -e "$FAULT_DIR/killing" ] || exit 0',
    // Until systemd has buried the process, it takes the unit for active, and a start would do nothing.
    'tries=0',
    'while read -r pid start; do',
    '  while [ "$(started "$pid")" = "$start" ] && [ "$tries" -lt 40 ]; do tries=$((tries + 1)); sleep 0.05; done',
    'done < "$FAULT_DIR/processes"',
    `systemctl reset-failed ${quoted(unit)} 2>/dev/null || :`,
    `systemctl start ${quoted(unit)}`,
  ].join('\n');
