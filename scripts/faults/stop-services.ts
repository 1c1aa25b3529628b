import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/** Ends a systemd unit on several machines at once, without a goodbye, as a power cut of a rack would. */
export function stopServices(machines: readonly [string, ...string[]], unit: string): Fault {
  const [machine, ...others] = machines;
  const name = quoted(unit);
  return {
    kind: 'stop-services',
    machine,
    others,
    title: `${unit} is stopped on ${machines.join(' and ')}`,
    inject: [
      'touch "$FAULT_DIR/stops"',
      `systemctl kill --signal=KILL ${name} 2>/dev/null || :`,
      `systemctl stop ${name}`,
    ].join('\n'),
    // One that is being started is not stopped.
    proof: `! systemctl is-active ${name} | grep -qvx -e inactive -e failed`,
    // Without waiting: a member of etcd has started when it has found a majority, perhaps on the other machine.
    undo: `[ ! -e "$FAULT_DIR/stops" ] || systemctl start --no-block ${name}`,
  };
}
