import type { Fault } from './fault.ts';
import { flipByte } from './flip-byte.ts';

/**
 * The member's own name in the second record of a log file, which begins at byte 16 (etcd 3.6, measured: a wrong byte
 * here is always found as a wrong checksum, elsewhere it may spoil the length of a record instead).
 */
const offset = 40;

/** One byte of an etcd member's log is wrong when it is started again, as after a crash on a bad disk. */
export function corruptEtcdLog(machine: string): Fault {
  const flip = flipByte(machine, '/var/lib/etcd/data/member/wal/*.wal', offset);
  return {
    ...flip,
    kind: 'corrupt-etcd-log',
    title: `the log of the etcd member on ${machine} is damaged`,
    inject: [
      'systemctl kill --signal=KILL etcd 2>/dev/null || :',
      'systemctl stop etcd',
      flip.inject,
      'systemctl start --no-block etcd',
    ].join('\n'),
    // In a subshell: it ends early where there is nothing to put back.
    undo: `(\n${flip.undo ?? ':'}\n)\nsystemctl is-active --quiet etcd || systemctl start --no-block etcd`,
  };
}
