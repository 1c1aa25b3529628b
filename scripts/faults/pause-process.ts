import type { Fault } from './fault.ts';
import { nameOf, processFunctions, rememberProcesses, type Target } from './process.ts';

/** Freezes a process with SIGSTOP: it keeps its connections and answers nothing, as on a machine that swaps. */
export function pauseProcess(machine: string, target: Target): Fault {
  return {
    kind: 'pause-process',
    machine,
    title: `${nameOf(target)} is frozen on ${machine}`,
    inject: [
      ...rememberProcesses(target),
      'while read -r pid start; do kill -STOP "$pid"; done < "$FAULT_DIR/processes"',
    ].join('\n'),
    proof: [
      ...processFunctions,
      '[ -s "$FAULT_DIR/processes" ]',
      'while read -r pid start; do [ "$(state "$pid")" = T ] || exit 1; done < "$FAULT_DIR/processes"',
    ].join('\n'),
    undo: [
      ...processFunctions,
      '[ -e "$FAULT_DIR/processes" ] || exit 0',
      // The start tells whether the number still is the same process.
      'while read -r pid start; do',
      '  [ "$(started "$pid")" != "$start" ] || kill -CONT "$pid" || :',
      'done < "$FAULT_DIR/processes"',
    ].join('\n'),
  };
}
