import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/**
 * Fills the disk under a folder: the folder moves to a small file system of its own (in memory, `megabytes` in all,
 * more than its content), and that is filled to the last block. Never the disk of the laptop. A `unit` that uses the
 * folder is restarted on it, and again when it comes back with what was written meanwhile.
 */
export function fillDisk(machine: string, folder: string, megabytes: number, unit?: string): Fault {
  const names = [`folder=${quoted(folder)}`, 'below=/run/firedrill/below-$FAULT_ID', 'disk=firedrill-$FAULT_ID'];
  const ballast = '"$folder/.firedrill-ballast"';
  const systemctl = (verb: string, remembered: string) =>
    unit === undefined ? [] : [`${remembered} systemctl ${verb} ${quoted(unit)}`];
  return {
    kind: 'fill-disk',
    machine,
    title: `the disk of ${folder} is full on ${machine}`,
    inject: [
      ...names,
      '[ -d "$folder" ]',
      'mkdir -p "$below"',
      'mount --bind "$folder" "$below"',
      'mount --make-private "$below"',
      ...(unit === undefined ? [] : [`! systemctl is-active --quiet ${quoted(unit)} || touch "$FAULT_DIR/ran"`]),
      ...systemctl('stop', '[ ! -e "$FAULT_DIR/ran" ] ||'),
      `mount -t tmpfs -o "size=${megabytes}m,$(stat -c 'mode=%a,uid=%u,gid=%g' "$folder")" "$disk" "$folder"`,
      'cp -a "$below/." "$folder/"',
      'touch "$FAULT_DIR/copied"',
      ...systemctl('start', '[ ! -e "$FAULT_DIR/ran" ] ||'),
      `dd if=/dev/zero of=${ballast} bs=4k 2>/dev/null || :`,
    ].join('\n'),
    proof: [...names, 'grep -q "^$disk " /proc/mounts', '[ "$(stat -f -c %a "$folder")" -eq 0 ]'].join('\n'),
    undo: [
      ...names,
      'if grep -q "^$disk " /proc/mounts; then',
      ...systemctl('stop', '  [ ! -e "$FAULT_DIR/ran" ] ||'),
      '  if [ -e "$FAULT_DIR/copied" ]; then',
      `    rm -f ${ballast}`,
      // What was written on the small disk counts: an etcd member must not be rolled back.
      '    find "$below" -xdev -mindepth 1 -delete',
      '    cp -a "$folder/." "$below/"',
      '  fi',
      '  umount "$folder" || umount -l "$folder"',
      'fi',
      'if grep -q " $below " /proc/mounts; then umount "$below" || umount -l "$below"; fi',
      '[ ! -d "$below" ] || rmdir "$below"',
      ...systemctl('start', '[ ! -e "$FAULT_DIR/ran" ] ||'),
    ].join('\n'),
  };
}
