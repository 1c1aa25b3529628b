import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/** Stops a systemd unit that runs, as `systemctl stop` does. */
export function stopService(machine: string, unit: string): Fault {
  const name = quoted(unit);
  return {
    kind: 'stop-service',
    machine,
    title: `${unit} is stopped on ${machine}`,
    inject: [
      `systemctl is-active --quiet ${name} || { echo ${name} does not run >&2; exit 1; }`,
      'touch "$FAULT_DIR/ran"',
      `systemctl stop ${name}`,
    ].join('\n'),
    proof: `! systemctl is-active --quiet ${name}`,
    undo: `[ ! -e "$FAULT_DIR/ran" ] || systemctl start ${name}`,
  };
}
