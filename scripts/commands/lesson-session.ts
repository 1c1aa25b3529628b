import type { LoadedLesson } from '../course/model.ts';
import type { LessonEnd } from '../course/runner.ts';
import type { Progress } from '../course/progress.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import type { Context } from './context.ts';
import { labForLesson } from './lesson-lab.ts';
import { runShown } from './shown-lesson.ts';

export interface SessionOptions {
  lesson: LoadedLesson;
  /** What `labOf` returned for it. */
  lab: Lab;
  /** Index of the step to begin at. */
  fromStep: number;
  progress: Progress;
  unattended: boolean;
  /** Whether commands typed in the lab's shell are recorded. Default: what the environment says. */
  record?: boolean | undefined;
}

/** Whether a lesson runs unattended. @throws FiredrillError `no-terminal` where nobody is there, and nobody said so. */
export function isUnattended(context: Context, lesson: LoadedLesson, auto: boolean): boolean {
  const unattended = auto || !context.interactive;
  if (unattended && !auto && !context.yes) throw noTerminal(lesson);
  return unattended;
}

/** Takes somebody through one lesson, or runs it unattended, and keeps the progress. Returns how it ended. */
export async function runSession(context: Context, options: SessionOptions): Promise<LessonEnd> {
  const { lesson, lab, fromStep, progress, record } = options;
  const [{ ProgressKeeper }, { pickUi }] = await Promise.all([
    import('../course/keep-progress.ts'),
    import('../ui/pick.ts'),
  ]);
  const { interactive, json, signal } = context;
  let keeper: InstanceType<typeof ProgressKeeper> | undefined;
  try {
    return await runShown(context, {
      ...{ lesson, lab, fromStep, record },
      showIn: (openShell) => pickUi({ interactive, json, auto: options.unattended, signal, openShell }),
      listener: (tell) => (keeper = new ProgressKeeper(progress, { tell })),
      betsBefore: ({ heading }) => keeper?.openBets(lesson, heading) ?? {},
    });
  } finally {
    await keeper?.written();
  }
}

/** The lab that a lesson needs: booted, as it is, or a stand-in. @throws what `labForLesson` throws. */
export async function labOf(lesson: LoadedLesson, context: Context, boot: boolean): Promise<Lab> {
  if (lesson.definition.needs === 'lab') return labForLesson(context, boot);
  const { labAsItIs } = await import('./no-lab.ts');
  return labAsItIs(lesson, context.lab);
}

const noTerminal = (lesson: LoadedLesson): FiredrillError =>
  new FiredrillError('A lesson asks questions, and there is no terminal to ask in.', {
    code: 'no-terminal',
    remedy: `Run it unattended: 'npx firedrill start ${lesson.number} --auto --yes'.`,
    exitCode: 2,
  });
