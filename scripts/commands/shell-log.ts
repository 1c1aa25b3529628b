import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateFolder } from '../system/folders.ts';
import { maskedJson } from '../system/secrets.ts';
import { openShell } from '../ui/shell.ts';
import type { ShellRecord } from '../ui/shell-record.ts';

/** Name of the file with the commands typed in `lab shell` on a day (UTC), beside the event logs of the lessons. */
export const shellLogName = (lab: string, day: string): string => `${day}-shell-${lab}.jsonl`;

/** Keeps the commands of `lab shell`, a line of JSON each. `firedrill report` merges them into the run of a lesson. */
export function openShellLog(lab: string, folder = join(stateFolder(), 'events')): ShellRecord {
  const where = join(folder, shellLogName(lab, new Date().toISOString().slice(0, 10)));
  return {
    where,
    take: ({ at, ...command }) => {
      try {
        mkdirSync(dirname(where), { recursive: true });
        appendFileSync(where, `${maskedJson({ at, type: 'learner-command', ...command })}\n`);
      } catch {
        // A full disk must not end a shell; its record is the first thing to go without.
      }
    },
  };
}

/** The lab's shell, which is recorded. */
export const recorded =
  (record: ShellRecord): typeof openShell =>
  (environment, options) =>
    openShell(environment, { ...options, record });
