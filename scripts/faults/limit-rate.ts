import type { Lab } from '../lab/lab.ts';
import type { Fault } from './fault.ts';

// Marks the queue as ours; the kernel numbers its own from 8000 up.
const handle = 'fd01:';

/** Sends no more than so many kilobits a second from a machine (tc-tbf(8)). Only where the kernel has `sch_tbf`. */
export function limitRate(lab: Pick<Lab, 'machine'>, machine: string, kilobitsPerSecond: number): Fault {
  const device = `device=$(ip -o -4 address show to ${lab.machine(machine).address} | awk 'NR == 1 { print $2 }')`;
  const isLimited = `tc qdisc show dev "$device" | grep -q 'qdisc tbf ${handle} root'`;
  return {
    kind: 'limit-rate',
    machine,
    title: `${machine} sends at most ${kilobitsPerSecond} kbit/s`,
    inject: [
      device,
      `if tc qdisc show dev "$device" | grep -q -e tbf -e htb; then echo "$device is limited already" >&2; exit 1; fi`,
      'touch "$FAULT_DIR/limits"',
      `tc qdisc replace dev "$device" root handle ${handle} tbf rate ${kilobitsPerSecond}kbit burst 32kbit latency 400ms`,
    ].join('\n'),
    proof: [device, isLimited].join('\n'),
    undo: [
      '[ -e "$FAULT_DIR/limits" ] || exit 0',
      device,
      `if ${isLimited}; then tc qdisc del dev "$device" root; fi`,
    ].join('\n'),
  };
}
