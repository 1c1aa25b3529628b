import { basename, dirname, join } from 'node:path';
import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/**
 * Takes a file or folder away: to `to`, where a learner can find it, or out of sight. It is renamed, so owner, mode
 * and content stay as they are; the path may not be a mount point.
 */
export function moveFile(machine: string, path: string, to?: string): Fault {
  const from = `from=${quoted(path)}`;
  return {
    kind: 'move-file',
    machine,
    title: to === undefined ? `${path} is missing on ${machine}` : `${path} was moved to ${to} on ${machine}`,
    // The name starts with a dot, which the kubelet overlooks in its folder of manifests, and etcd in its data folder.
    ...scripts(
      from,
      to === undefined
        ? `to=${quoted(join(dirname(path), `.${basename(path)}.firedrill`))}-$FAULT_ID`
        : `to=${quoted(to)}`,
    ),
  };
}

const scripts = (from: string, to: string) => ({
  inject: [
    from,
    to,
    '[ -e "$from" ] || { echo "$from is not there" >&2; exit 1; }',
    '[ ! -e "$to" ] || { echo "$to is there already" >&2; exit 1; }',
    'mkdir -p "$KEPT"',
    'touch "$KEPT/moves"',
    'mv -T "$from" "$to"',
  ].join('\n'),
  proof: [from, '[ ! -e "$from" ]'].join('\n'),
  undo: [
    from,
    to,
    '[ -e "$KEPT/moves" ] || exit 0',
    '[ -e "$to" ] || exit 0',
    // Somebody has put another one there: that is as good a way as ours, and ours is not needed any more.
    'if [ -e "$from" ]; then rm -rf "$to"; else mv -T "$to" "$from"; fi',
  ].join('\n'),
});
