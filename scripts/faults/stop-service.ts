import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/**
 * Stops a systemd unit that runs, as `systemctl stop` does; `abruptly` without a goodbye, as `kill -9` ends it, and
 * nothing starts it again.
 */
export function stopService(machine: string, unit: string, options: { abruptly?: boolean } = {}): Fault {
  const name = quoted(unit);
  return {
    kind: 'stop-service',
    machine,
    title: `${unit} is stopped on ${machine}`,
    inject: [
      `systemctl is-active --quiet ${name} || { echo ${name} does not run >&2; exit 1; }`,
      'touch "$FAULT_DIR/ran"',
      ...(options.abruptly ? [`systemctl kill --signal=KILL ${name}`] : []),
      `systemctl stop ${name}`,
    ].join('\n'),
    proof: `! systemctl is-active --quiet ${name}`,
    undo: `[ ! -e "$FAULT_DIR/ran" ] || systemctl start ${name}`,
  };
}
