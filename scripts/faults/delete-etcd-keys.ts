import type { Fault } from './fault.ts';

const marker = '/firedrill/deleted';
// Exit code 3, not 1, where etcd does not answer: "could not tell" is not "not in force".
const oldest = (keys: string) =>
  `$(etcdctl get ${keys} --sort-by=CREATE --order=ASCEND --limit=1 -w fields | sed -n 's/^"CreateRevision" : //p')`;

/**
 * A client deletes every key under a prefix. Nothing can undo that but a reset, to the checkpoint taken before.
 * Kubernetes keeps all that it knows under `/registry/`.
 */
export function deleteEtcdKeys(machine: string, prefix = '/registry/'): Fault {
  const proof = [
    'etcdctl get /firedrill >/dev/null 2>&1 || exit 3',
    `deleted="${oldest(marker)}"`,
    '[ -n "$deleted" ] || exit 1',
    `first="${oldest('"$1" --prefix')}"`,
    // Whatever is there now was written after the deletion.
    '[ -z "$first" ] || [ "$first" -gt "$deleted" ]',
  ].join('\n');
  return {
    kind: 'delete-etcd-keys',
    machine,
    title: `a client deleted every key of etcd under ${prefix}`,
    inject: '',
    proof: '',
    onHost: {
      inject: [
        'sh',
        '-euc',
        `etcdctl del ${marker}\netcdctl put ${marker} yes\netcdctl del "$1" --prefix`,
        'sh',
        prefix,
      ],
      proof: ['sh', '-c', proof, 'sh', prefix],
    },
  };
}
