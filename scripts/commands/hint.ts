import type { Command } from 'commander';
import type { Sighting } from '../course/look.ts';
import type { LoadedLesson, Page } from '../course/model.ts';
import type { Progress } from '../course/progress.ts';
import { lessonNamedOrOpen, stepLeftAt } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { progressFor, tellDamaged } from './start.ts';

export function addHintCommand(program: Command): void {
  program
    .command('hint [lesson]')
    .description('Give the next hint for the step that is open. Each one says more.')
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      await hint(contextOf(command), name);
    });
}

async function hint(context: Context, name: string | undefined): Promise<void> {
  const progress = await progressFor(context);
  const lesson = await lessonNamedOrOpen(name, progress, context.lab);
  const page = lesson.pages[stepLeftAt(lesson, progress)];
  if (!page || lesson.definition.steps[page.heading]?.kind === 'read') {
    const text = 'This step is there to be read: it needs no hint.';
    if (context.json) context.printJson({ lesson: lesson.id, step: page?.heading, tier: 0, text });
    else context.print(text);
    return;
  }
  const tier = await countHint(context, lesson, page, progress);
  const { hintText } = await import('../course/hints.ts');
  const text = hintText(page, tier, tier > page.hints.length ? await lookNow(context, lesson, page) : []);
  if (context.json) {
    context.printJson({ lesson: lesson.id, step: page.heading, tier, text });
    return;
  }
  const [{ renderMarkdown }, { columnsOf, wantsAccessible, wantsColour }] = await Promise.all([
    import('../ui/markdown.ts'),
    import('../ui/look.ts'),
  ]);
  const output = process.stdout;
  const look = { columns: columnsOf(output), colour: wantsColour(output), accessible: wantsAccessible() };
  context.print(`Lesson ${lesson.number}, ${page.heading}: hint ${tier}\n\n${renderMarkdown(text, look)}`);
}

/** The number of this hint, which is kept: the next one says more. */
async function countHint(context: Context, lesson: LoadedLesson, page: Page, progress: Progress): Promise<number> {
  const { changeProgress } = await import('../course/progress.ts');
  const next = (kept: Progress): number => {
    const { steps } = (kept.lessons[lesson.id] ??= { steps: {} });
    const step = (steps[page.heading] ??= {});
    return (step.hints = (step.hints ?? 0) + 1);
  };
  return changeProgress(next, { known: progress, onDamaged: tellDamaged(context) });
}

async function lookNow(context: Context, lesson: LoadedLesson, page: Page): Promise<Sighting[]> {
  const [{ labAsItIs }, { lookAtAll }, { checksReached }] = await Promise.all([
    import('./no-lab.ts'),
    import('../course/look.ts'),
    import('../course/prepare.ts'),
  ]);
  return lookAtAll(checksReached(lesson, page), await labAsItIs(lesson, context.lab), context.signal);
}
