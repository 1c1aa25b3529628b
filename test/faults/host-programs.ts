import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Stand-ins for programs of the host that a fault uses. Each keeps its state in files of the lab's folder. */
const programs = {
  docker: `case $1 in
  kill) touch "$LAB/off" ;;
  start) rm -f "$LAB/off" ;;
  *) if [ -e "$LAB/off" ]; then echo false; else echo true; fi ;;
esac`,
  etcdctl: `case "$*" in
  "put /firedrill/deleted yes") touch "$LAB/marked" ;;
  "del /firedrill/deleted") rm -f "$LAB/marked" ;;
  "del /registry/ --prefix") touch "$LAB/deleted" ;;
  "get /firedrill/deleted "*) [ ! -e "$LAB/marked" ] || echo '"CreateRevision" : 7' ;;
  "get /registry/ "*) [ -e "$LAB/deleted" ] || echo '"CreateRevision" : 3' ;;
esac`,
};

/** Puts them where the fake lab's shell finds them first. */
export function addHostPrograms(folder: string): void {
  mkdirSync(join(folder, 'bin'));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
}
