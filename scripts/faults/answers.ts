import { FiredrillError } from '../system/errors.ts';
import type { CommandResult } from '../system/run.ts';

export const notThisLab = (machine: string): FiredrillError =>
  new FiredrillError(`${machine} does not carry this lab's mark (/etc/firedrill/lab), so nothing was done to it.`, {
    code: 'not-this-lab',
    remedy: "Is another lab's machine at its place? Look with 'firedrill lab status'.",
  });

export const said = ({ stderr, stdout, exitCode }: CommandResult): string =>
  (stderr.trim() || stdout.trim()).split('\n').slice(-3).join(' ') || `Exit code ${exitCode}.`;
