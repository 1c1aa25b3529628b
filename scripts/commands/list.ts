import type { Command } from 'commander';
import { doneOf, isLostAgain } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { progressFor, tellBroken } from './start.ts';

export function addListCommand(program: Command): void {
  program
    .command('list')
    .description('Show the lessons, their minutes, and how far you are.')
    .action(async (_options: unknown, command: Command) => {
      await printList(contextOf(command));
    });
}

export async function printList(context: Context): Promise<void> {
  const [{ loadReadableLessons }, { lessonLines }, { columnsOf, wantsColour }] = await Promise.all([
    import('../course/load.ts'),
    import('../ui/menu.ts'),
    import('../ui/look.ts'),
  ]);
  const progress = await progressFor(context);
  const lessons = (await loadReadableLessons(tellBroken)).map((lesson) => ({
    number: lesson.number,
    id: lesson.id,
    title: lesson.title,
    summary: lesson.definition.summary,
    minutes: lesson.definition.minutes,
    steps: lesson.pages.length,
    done: doneOf(lesson, progress),
    lostAgain: isLostAgain(lesson, progress),
  }));
  if (context.json) {
    context.printJson(lessons);
    return;
  }
  const { stdout } = process;
  for (const line of lessonLines(lessons, columnsOf(stdout), wantsColour(stdout))) context.print(line);
}
