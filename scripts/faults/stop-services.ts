import type { Fault } from './fault.ts';
import { exits } from './on-machine.ts';

/** Only on machines that carry the lab's mark. The host's shell fills in the name, within double quotes. */
const ours = `grep -qxF -e '$FIREDRILL_LAB' /etc/firedrill/lab || exit ${exits.notOurs}`;

/**
 * Ends a systemd unit on several machines at once, without a goodbye, as a power cut of a rack would. One machine cannot
 * lease what happens on another: the way back is `undo` from the host.
 */
export function stopServices(machines: readonly [string, ...string[]], unit: string): Fault {
  const everywhere = (command: string): readonly string[] => [
    'sh',
    '-euc',
    [
      'unit=$1; shift; pids=',
      `for machine in "$@"; do ssh -n "$machine" "${ours}; ${command}" & pids="$pids $!"; done`,
      'for pid in $pids; do wait "$pid"; done',
    ].join('\n'),
    'sh',
    unit,
    ...machines,
  ];
  return {
    kind: 'stop-services',
    machine: machines[0],
    title: `${unit} is stopped on ${machines.join(' and ')}`,
    inject: '',
    proof: '',
    onHost: {
      inject: everywhere('systemctl kill --signal=KILL $unit; systemctl stop $unit'),
      proof: everywhere('! systemctl is-active $unit | grep -qvx -e inactive -e failed'),
      undo: everywhere('systemctl start --no-block $unit'),
    },
  };
}
