import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/** Tells its version, and ends with an error whatever else it is asked for. */
const standIn = String.raw`#!/bin/sh\n[ "$1" != --version ] || { echo "%s"; exit 0; }\necho "panic: this build is broken on purpose" >&2\nexit 2\n`;

/**
 * A program that does not start, as a broken build: a stand-in is mounted over its file, which stays as it is. What runs
 * already runs on. Its folder may be read-only.
 */
export function breakProgram(machine: string, path: string): Fault {
  // Not in FAULT_DIR: nothing can be executed from /run.
  const names = [`program=${quoted(path)}`, 'stand_in="$KEPT/stand-in"'];
  return {
    kind: 'break-program',
    machine,
    title: `${path} does not start on ${machine}`,
    inject: [
      ...names,
      '[ -f "$program" ] || { echo "there is no $program" >&2; exit 1; }',
      `! grep -qF " $program " /proc/mounts || { echo "something lies over $program already" >&2; exit 1; }`,
      'mkdir -p "$KEPT"',
      'version=$("$program" --version 2>/dev/null) || version=unknown',
      `printf '${standIn}' "$version" > "$stand_in"`,
      'chmod 755 "$stand_in"',
      'mount --bind "$stand_in" "$program"',
    ].join('\n'),
    proof: [...names, '[ "$program" -ef "$stand_in" ]'].join('\n'),
    undo: [...names, 'if [ "$program" -ef "$stand_in" ]; then umount "$program" || umount -l "$program"; fi'].join(
      '\n',
    ),
  };
}
