import type { Command } from 'commander';
import type { LoadedLesson } from '../course/model.ts';
import type { Progress } from '../course/progress.ts';
import { FiredrillError, withRemedy } from '../system/errors.ts';
import { nearest } from '../system/nearest.ts';
import { doneOf, isLostAgain, lessonNamed, stepLeftAt, stepNamed } from './choose-lesson.ts';
import { contextOf, fitted, type Context } from './context.ts';
import { isUnattended, labOf, runSession } from './lesson-session.ts';

/** `firedrill start`, and `firedrill` alone. */
export function addStartCommand(program: Command): void {
  program
    .command('start [lessons...]')
    .description('Start a lesson, or go on where you left it. Several run one after the other.')
    .option('--from <step>', 'begin at this step: its number or its heading')
    .option('--auto', 'run every command and wait for every check, without asking')
    .option('--record', "record the commands that you type in the lab's shell (or $FIREDRILL_RECORD=1)")
    .addHelpText('after', examples)
    .action(async (names: string[], options: { from?: string; auto?: boolean; record?: boolean }, command: Command) => {
      const context = contextOf(command);
      const { from, auto = false, record } = options;
      if (names.length === 0 && from === undefined) await open(context, auto, record);
      else await start(context, names, { from, auto, record });
    });
  program
    .command('open', { isDefault: true, hidden: true })
    .argument('[words...]')
    .option('--auto', 'run every lesson, without asking')
    .action(async (words: string[], options: { auto?: boolean }, command: Command) => {
      const [word] = words;
      if (word !== undefined) throw unknownCommand(word, program);
      await open(contextOf(command), options.auto ?? false);
    });
}

const examples = `
Examples:
  firedrill start 2                     lesson 02, from where you left it
  firedrill start 2 --from 1            from its first step
  firedrill start 1 2 3 --auto --yes    three lessons, unattended: lines, verdicts, exit code`;

interface StartOptions {
  from: string | undefined;
  auto: boolean;
  record: boolean | undefined;
}

async function start(context: Context, names: readonly string[], options: StartOptions): Promise<void> {
  const progress = await progressFor(context);
  const { lessonNamedOrOpen } = await import('./choose-lesson.ts');
  const lessons = await Promise.all(
    names.length === 0
      ? [lessonNamedOrOpen(undefined, progress, context.lab)]
      : names.map((name) => lessonNamed(name, context.lab)),
  );
  const [only] = lessons;
  if (options.from !== undefined && (only === undefined || lessons.length > 1)) {
    throw new FiredrillError('--from names a step of one lesson.', {
      code: 'from-one-lesson',
      remedy: 'Give one lesson with it.',
      exitCode: 2,
    });
  }
  const fromStep = options.from === undefined || only === undefined ? undefined : stepNamed(only, options.from);
  await runAll(context, lessons, { auto: options.auto, record: options.record, fromStep, progress });
}

/** Where the learner left off, or the menu; unattended, all lessons; without a terminal, the list. */
async function open(context: Context, auto: boolean, record?: boolean): Promise<void> {
  const [{ loadLessons, loadReadableLessons }, { subnetOf }] = await Promise.all([
    import('../course/load.ts'),
    import('../lab/open.ts'),
  ]);
  const progress = await progressFor(context);
  // Unattended, a broken lesson is a failure; a person can go on with the others.
  const unattended = auto || context.yes;
  const subnet = await subnetOf(context.lab);
  const lessons = unattended ? await loadLessons({ subnet }) : await loadReadableLessons(tellBroken, { subnet });
  if (unattended) {
    await runAll(context, lessons, { auto: true, fromStep: 0, progress });
    return;
  }
  if (!context.interactive) {
    const { printList } = await import('./list.ts');
    await printList(context);
    if (!context.json)
      context.print("\nStart one in a terminal with 'npx firedrill start N'. All commands: 'npx firedrill --help'.");
    return;
  }
  for (;;) {
    const left = lessons.find(({ id }) => id === progress.lesson && progress.lessons[id]?.current !== undefined);
    const lesson = left ?? (await askForLesson(context, lessons, progress));
    if (!lesson || !(await runAll(context, [lesson], { auto, record, fromStep: undefined, progress }))) return;
  }
}

interface RunAllOptions {
  auto: boolean;
  /** Index of the first step; undefined: unattended the first, else where the learner left off. */
  fromStep: number | undefined;
  progress: Progress;
  record?: boolean | undefined;
}

/** Returns whether all were finished. The exit code becomes that of the worst. */
async function runAll(context: Context, lessons: readonly LoadedLesson[], options: RunAllOptions): Promise<boolean> {
  const { auto, progress, record } = options;
  const resumes = !auto && !context.yes;
  let worst = 0;
  for (const lesson of lessons) {
    const fromStep = options.fromStep ?? (resumes ? stepLeftAt(lesson, progress) : 0);
    const unattended = isUnattended(context, lesson, auto);
    // Where there is no lab to be had, there is none for the next lesson either: that ends the program.
    const lab = await labOf(lesson, context, unattended);
    const session = { lesson, lab, fromStep, progress, unattended, record };
    const end = await runSession(context, session).catch((error: unknown) => {
      // The last or only lesson may end the program with its own error; others let the next one have its turn.
      if (!(error instanceof FiredrillError) || lesson === lessons.at(-1)) throw error;
      tellBroken(error);
      return error.exitCode;
    });
    if (end === 'quit') return false;
    const code = typeof end === 'number' ? end : end === 'failed' ? 1 : 0;
    worst = Math.max(worst, code);
    process.exitCode = worst;
  }
  return worst === 0;
}

async function askForLesson(
  context: Context,
  lessons: readonly LoadedLesson[],
  progress: Progress,
): Promise<LoadedLesson | undefined> {
  const [{ chooseLesson }, { wantsAccessible }] = await Promise.all([import('../ui/menu.ts'), import('../ui/look.ts')]);
  const shown = lessons.map((lesson) => ({
    number: lesson.number,
    title: lesson.title,
    minutes: lesson.definition.minutes,
    done: doneOf(lesson, progress),
    lostAgain: isLostAgain(lesson, progress),
  }));
  const first = shown.find(({ done }) => done !== 'done')?.number;
  const io = { input: process.stdin, output: process.stdout, signal: context.signal, accessible: wantsAccessible() };
  const number = await chooseLesson(shown, io, first);
  return lessons.find((lesson) => lesson.number === number);
}

/** On stderr, so that a list stays a list. */
export function tellBroken(error: FiredrillError): void {
  process.stderr.write(`${fitted(`firedrill: ${withRemedy(error)}`, process.stderr)}\n`);
}

export async function progressFor(context: Context): Promise<Progress> {
  const { readProgress } = await import('../course/progress.ts');
  return readProgress(tellDamaged(context));
}

/** What `readProgress` and `changeProgress` say of a damaged file: beside the JSON, where that is wanted. */
export const tellDamaged =
  (context: Context) =>
  (message: string): void => {
    if (context.json) process.stderr.write(`${message}\n`);
    else context.print(message);
  };

function unknownCommand(word: string, program: Command): FiredrillError {
  const names = program.commands.map((command) => command.name()).filter((name) => name !== 'open');
  const near = /^\d+$/.test(word) ? `start ${word}` : nearest(word, names);
  return new FiredrillError(`There is no command '${word}'.${near === undefined ? '' : ` Did you mean '${near}'?`}`, {
    code: 'unknown-command',
    remedy: "'npx firedrill --help' shows all commands.",
    exitCode: 2,
  });
}
