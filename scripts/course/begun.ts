import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { findLessons, lessonsFolder, loadLesson } from './load.ts';
import type { LoadedLesson } from './model.ts';

/** Id of the lesson that was begun last on a lab: what it made there may still be there. */
const pathIn = ({ folder }: Pick<Lab, 'folder'>): string => join(folder, 'lesson-begun');

/** Notes that a lesson begins, on a lab without anything of another one. */
export const noteBegun = (lab: Pick<Lab, 'folder'>, { id }: Pick<LoadedLesson, 'id'>): Promise<void> =>
  writeAtomically(pathIn(lab), `${id}\n`);

/** The lesson that may have left something on the lab, if it is another one than this. Undefined where it cannot be read any more. */
export async function otherBegun(
  lab: Pick<Lab, 'folder'>,
  { id }: Pick<LoadedLesson, 'id'>,
  folder = lessonsFolder(),
): Promise<LoadedLesson | undefined> {
  const begun = (await readIfThere(pathIn(lab)))?.trim();
  if (begun === undefined || begun === id) return undefined;
  const isThere = (await findLessons(folder)).some((lesson) => lesson.id === begun);
  return isThere ? loadLesson(join(folder, begun)).catch(() => undefined) : undefined;
}
