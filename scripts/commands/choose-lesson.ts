import type { LoadedLesson } from '../course/model.ts';
import type { Progress } from '../course/progress.ts';
import { FiredrillError } from '../system/errors.ts';
import { nearest } from '../system/nearest.ts';

/**
 * The lesson that somebody named, `3`, `03`, or the name of its folder, with the addresses of this lab.
 * @throws FiredrillError `unknown-lesson`.
 */
export async function lessonNamed(name: string, labName: string): Promise<LoadedLesson> {
  const [{ findLessons, lessonsFolder, loadLesson }, { subnetOf }] = await Promise.all([
    import('../course/load.ts'),
    import('../lab/open.ts'),
  ]);
  const found = await findLessons();
  const chosen = found.find(({ number, id }) => id === name || (/^\d+$/.test(name) && number === Number(name)));
  if (chosen) return loadLesson(`${lessonsFolder()}/${chosen.id}`, await subnetOf(labName));
  const ids = found.map(({ id }) => id);
  const near = nearest(
    name,
    ids.flatMap((id) => [id, id.slice(3)]),
  );
  throw new FiredrillError(`There is no lesson '${name}'.${near === undefined ? '' : ` Did you mean ${near}?`}`, {
    code: 'unknown-lesson',
    remedy: ids.length === 0 ? 'There are no lessons in this kit.' : `Lessons are: ${ids.join(', ')}.`,
    exitCode: 2,
  });
}

/** The lesson that was named, or the one that was open last, or the first there is. */
export async function lessonNamedOrOpen(
  name: string | undefined,
  progress: Progress,
  labName: string,
): Promise<LoadedLesson> {
  if (name !== undefined) return lessonNamed(name, labName);
  const { findLessons } = await import('../course/load.ts');
  const ids = (await findLessons()).map(({ id }) => id);
  const open = ids.find((id) => id === progress.lesson) ?? ids[0];
  return lessonNamed(open ?? '1', labName);
}

/** Index of the step that somebody named, by number from 1 or by its heading. @throws FiredrillError `unknown-step`. */
export function stepNamed(lesson: LoadedLesson, name: string): number {
  const headings = lesson.pages.map(({ heading }) => heading);
  const byNumber = /^\d+$/.test(name) ? Number(name) - 1 : -1;
  if (byNumber >= 0 && byNumber < headings.length) return byNumber;
  const lower = name.toLowerCase();
  const byHeading = headings.findIndex((heading) => heading.toLowerCase() === lower);
  if (byHeading >= 0) return byHeading;
  const begins = headings.findIndex((heading) => heading.toLowerCase().startsWith(lower));
  if (begins >= 0) return begins;
  const near = nearest(name, headings);
  throw new FiredrillError(
    `Lesson ${lesson.number} has no step '${name}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`,
    {
      code: 'unknown-step',
      remedy: `Its steps are: ${headings.map((heading, index) => `${index + 1} ${heading}`).join(', ')}.`,
      exitCode: 2,
    },
  );
}

/** Index of the step at which the learner left the lesson; 0 where it was never opened or is finished. */
export function stepLeftAt(lesson: LoadedLesson, progress: Progress): number {
  const current = progress.lessons[lesson.id]?.current;
  return Math.max(
    0,
    lesson.pages.findIndex(({ heading }) => heading === current),
  );
}

/** Whether a step of the lesson that was reached was lost again, and not reached since. */
export function isLostAgain(lesson: LoadedLesson, progress: Progress): boolean {
  const steps = progress.lessons[lesson.id]?.steps ?? {};
  // A step that a newer kit no longer has could never be reached again.
  return lesson.pages.some(({ heading }) => steps[heading]?.collapsedAt !== undefined);
}

/** How far a lesson is. */
export function doneOf(lesson: LoadedLesson, progress: Progress): 'done' | 'partly' | 'not yet' {
  const kept = progress.lessons[lesson.id];
  if (kept?.finishedAt !== undefined) return 'done';
  return kept !== undefined && Object.values(kept.steps).some(({ how }) => how !== undefined) ? 'partly' : 'not yet';
}
