import type { Fault } from './fault.ts';

const data = '/var/lib/etcd/data';
const endEtcd = 'systemctl kill --signal=KILL etcd 2>/dev/null || :\nsystemctl stop etcd';
/** A member that has joined a cluster has a log. The empty folders that a refused start leaves do not count. */
const hasLog = `ls ${data}/member/wal/*.wal >/dev/null 2>&1`;
const kept = `kept=/var/lib/etcd/.data.firedrill-$FAULT_ID`;

/**
 * An etcd member loses its disk's content and is started again, as on a machine with a new disk. The undo gives it its
 * own data back, unless somebody has replaced the member meanwhile: then the old data is of no use any more.
 */
export function loseEtcdData(machine: string): Fault {
  return {
    kind: 'lose-etcd-data',
    machine,
    title: `the etcd member on ${machine} has lost its data`,
    inject: [
      kept,
      `${hasLog} || { echo "the member has no log" >&2; exit 1; }`,
      'touch "$FAULT_DIR/stops"',
      endEtcd,
      `mv -T ${data} "$kept"`,
      'systemctl start --no-block etcd',
    ].join('\n'),
    proof: `! ${hasLog}`,
    undo: [
      kept,
      `if [ -d "$kept" ] && ${hasLog}; then rm -rf "$kept"; fi`,
      'if [ -d "$kept" ]; then',
      endEtcd,
      `rm -rf ${data}`,
      `mv -T "$kept" ${data}`,
      'systemctl start --no-block etcd',
      'fi',
      // Cut short between stopping it and taking its data.
      '[ ! -e "$FAULT_DIR/stops" ] || systemctl is-active --quiet etcd || systemctl start --no-block etcd',
    ].join('\n'),
  };
}
