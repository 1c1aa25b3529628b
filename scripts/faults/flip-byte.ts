import type { Fault } from './fault.ts';

/** Characters of a path or pattern that need no quoting, so that the shell can expand the pattern. */
const plainPattern = /^\/[\w@%+=:,./*?[\]-]+$/;

/**
 * Inverts the bits of one byte of a file, as a bad disk would. `pattern` may match several files: the last by name is
 * taken (an etcd log, for example: `/var/lib/etcd/member/wal/*.wal`). The undo puts that byte back, if the file is
 * still the same one and the byte still wrong: what was written since stays.
 */
export function flipByte(machine: string, pattern: string, offset: number): Fault {
  if (!plainPattern.test(pattern)) throw new TypeError(`Not a plain absolute path or pattern: ${pattern}`);
  if (!Number.isInteger(offset) || offset < 0) throw new TypeError(`Not an offset in bytes: ${offset}`);
  const read = `byte() { dd if="$1" bs=1 skip=${offset} count=1 2>/dev/null | od -An -tu1 | tr -d ' '; }`;
  const write = `put() { printf "\\\\$(printf %03o "$2")" | dd of="$1" bs=1 seek=${offset} conv=notrunc,fsync 2>/dev/null; }`;
  const kept = 'read -r inode was file < "$KEPT/byte"';
  return {
    kind: 'flip-byte',
    machine,
    title: `byte ${offset} of ${pattern} is wrong on ${machine}`,
    inject: [
      read,
      write,
      `file=$(ls -d ${pattern} | tail -n 1)`,
      'was=$(byte "$file")',
      '[ -n "$was" ] || { echo "there is no such byte" >&2; exit 1; }',
      'mkdir -p "$KEPT"',
      'echo "$(stat -c %i "$file") $was $file" > "$KEPT/byte.new"',
      'mv "$KEPT/byte.new" "$KEPT/byte"',
      'put "$file" $(( 255 - was ))',
    ].join('\n'),
    proof: [read, kept, '[ "$(byte "$file")" = $(( 255 - was )) ]'].join('\n'),
    undo: [
      read,
      write,
      '[ -e "$KEPT/byte" ] || exit 0',
      kept,
      '[ "$(stat -c %i "$file" 2>/dev/null)" = "$inode" ] || exit 0',
      '[ "$(byte "$file")" != $(( 255 - was )) ] || put "$file" "$was"',
    ].join('\n'),
  };
}
