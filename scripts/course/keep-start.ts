import type { Lab } from '../lab/lab.ts';
import { startCheckpointPath, takeCheckpoint } from '../lab/repair/checkpoint.ts';
import { FiredrillError } from '../system/errors.ts';
import type { Lesson } from './model.ts';

/**
 * Keeps what etcd holds at the proven start of a lesson with an app, for a `reset` that must restore it. Where it cannot be
 * kept, that reset takes an earlier checkpoint.
 */
export async function keepStart(lab: Lab, { keeps }: Pick<Lesson, 'keeps'>): Promise<void> {
  if (!keeps) return;
  try {
    await takeCheckpoint(lab, startCheckpointPath(lab));
  } catch (error) {
    if (!(error instanceof FiredrillError)) throw error;
  }
}
