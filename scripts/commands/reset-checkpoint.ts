import { existsSync } from 'node:fs';
import type { LoadedLesson } from '../course/model.ts';
import { checkpointBefore } from '../faults/faults.ts';
import type { InjectedFault } from '../faults/fault.ts';
import type { Lab } from '../lab/lab.ts';
import { startCheckpointPath } from '../lab/repair/checkpoint.ts';

/** What a reset restores etcd from, where it must. */
export interface ResetCheckpoint {
  /** Undefined for that of the first boot, which every lab has. */
  path: string | undefined;
  /** When it was taken, in words: "the first boot". */
  of: string;
}

/** A lesson with an app goes back to the last start of such a lesson: the app may still run, and need not be made anew. */
export function checkpointOf(
  lab: Pick<Lab, 'folder'>,
  { definition }: Pick<LoadedLesson, 'definition'>,
  open: readonly InjectedFault[],
): ResetCheckpoint {
  const beforeFault = checkpointBefore(lab, open);
  if (beforeFault !== undefined) return { path: beforeFault, of: 'the moment before a fault' };
  const start = startCheckpointPath(lab);
  if (definition.keeps && existsSync(start)) return { path: start, of: 'the last start of a lesson' };
  return { path: undefined, of: 'the first boot' };
}
