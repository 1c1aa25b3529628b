import { join } from 'node:path';
import type { Command } from 'commander';
import type { LoadedLesson } from '../course/model.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import type { Process } from '../system/lock.ts';
import { contextOf, type Context } from './context.ts';
import { withReporter } from './reporter.ts';
import type { Way } from './reset-words.ts';

/** `firedrill reset`: brings the lab to where a lesson begins, from whatever state it is in. */
export function addResetCommand(program: Command): void {
  program
    .command('reset')
    .description('Put the lab back to where a lesson begins, whatever became of it.')
    .option('--to <lesson>', 'the lesson whose start is wanted (default: the one that you are in)')
    .addHelpText('after', examples)
    .action(async (options: { to?: string }, command: Command) => {
      await reset(contextOf(command), options.to);
    });
}

const examples = `
Examples:
  firedrill reset               back to the start of the lesson that you are in
  firedrill reset --to 3        to where lesson 3 begins
  firedrill reset --to 3 --yes  without asking, for instructors

First it looks, and says what will be lost, which way it takes, and how long that takes.
It undoes every fault, starts or rebuilds machines, puts changed files back, restores etcd where it
must (all members together, from the checkpoint of the last start of a lesson, of the first boot, or
of just before its keys were deleted on purpose), removes workers that joined and what lessons made,
and then proves that the lesson can start. A guestbook that nobody has changed goes on running, where
the lesson needs one. A lesson that needs no lab is brought to its start without one, too.
Two resets of one lab wait for each other.`;

async function reset(context: Context, to: string | undefined): Promise<void> {
  const [{ isStandIn, labAsItIs }, { lessonNamedOrOpen }, { readProgress }] = await Promise.all([
    import('./no-lab.ts'),
    import('./choose-lesson.ts'),
    import('../course/progress.ts'),
  ]);
  const lesson = await lessonNamedOrOpen(
    to,
    await readProgress((message) => {
      context.print(message);
    }),
    context.lab,
  );
  const lab = await labAsItIs(lesson, context.lab);
  const hasLab = !isStandIn(lab);
  requireAnswer(context);
  const lookedAt = Date.now();
  const { way, lines } = await (hasLab ? planFor(lab, lesson) : planWithoutLab(lab, lesson));
  const lookedFor = Date.now() - lookedAt;
  if (!context.json) context.print(lines.join('\n'));
  if (!(await agrees(context, hasLab ? 'Reset the lab?' : 'Reset the lesson?'))) {
    process.exitCode = 1;
    return;
  }
  // Without the time that a person thought about it.
  const startedAt = Date.now() - lookedFor;
  const mended = await withReporter(context, async (reporter) => {
    const [{ withLock }, { resetLab, resetWithoutLab }] = await Promise.all([
      import('../system/lock.ts'),
      import('./reset-lab.ts'),
    ]);
    const { signal } = context;
    const onWait = ({ pid }: Process): void => {
      reporter.action(`Another firedrill resets this lab (process ${pid}): wait for it`).done();
    };
    // One at a time: the second would remove what the first one prepares.
    return withLock(join(lab.folder, 'reset.lock'), { signal, onWait }, () =>
      (hasLab ? resetLab : resetWithoutLab)(lab, lesson, { signal, reporter, isEmptied: way === 'keys' }),
    );
  });
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  if (context.json) context.printJson({ lesson: lesson.id, way, mended, seconds });
  else context.print(`Lesson ${lesson.number} can start: its baseline was proven after ${seconds} s.`);
}

/** Which way a reset takes, and what is said of it before it begins. */
interface Plan {
  way: Way | 'no-lab';
  lines: readonly string[];
}

async function planFor(lab: Lab, lesson: LoadedLesson): Promise<Plan> {
  const [{ surveyLab }, { lookBesides, planLines, wayOf }] = await Promise.all([
    import('../lab/repair/survey.ts'),
    import('./reset-words.ts'),
  ]);
  const [survey, besides] = await Promise.all([surveyLab(lab), lookBesides(lab, lesson)]);
  return { way: wayOf(survey), lines: planLines(lesson, lab, survey, besides) };
}

async function planWithoutLab(lab: Lab, lesson: LoadedLesson): Promise<Plan> {
  const { lookBesides, planLinesWithoutLab } = await import('./reset-words.ts');
  return { way: 'no-lab', lines: planLinesWithoutLab(lesson, await lookBesides(lab, lesson)) };
}

/** @throws FiredrillError `reset-needs-yes`. */
function requireAnswer(context: Context): void {
  if (context.yes || context.interactive) return;
  throw new FiredrillError('A reset throws away what is on the lab, and there is no terminal to ask in.', {
    code: 'reset-needs-yes',
    remedy: 'Give --yes.',
    exitCode: 2,
  });
}

async function agrees(context: Context, question: string): Promise<boolean> {
  if (context.yes) return true;
  const { confirm } = await import('../ui/ask.ts');
  return confirm(question, { input: process.stdin, output: process.stdout, signal: context.signal });
}
