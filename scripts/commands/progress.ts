import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Progress } from '../course/progress.ts';
import { contextOf, type Context } from './context.ts';
import { progressFor } from './start.ts';

export function addProgressCommand(program: Command): void {
  const progress = program
    .command('progress')
    .description('Show what you have reached, and move it to another computer.');
  progress
    .command('show', { isDefault: true })
    .description('what you have reached, and how your bets went')
    .action(async (_options: unknown, command: Command) => {
      await show(contextOf(command));
    });
  progress
    .command('export <file>')
    .description('write it to a file')
    .action(async (file: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { writeProgress } = await import('../course/progress.ts');
      await writeProgress(await progressFor(context), resolve(file));
      if (context.json) context.printJson({ file: resolve(file) });
      else context.print(`Your progress is in ${resolve(file)}.`);
    });
  progress
    .command('import <file>')
    .description('replace it by an exported one; the old one is kept beside it')
    .action(async (file: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { importProgress } = await import('../course/progress.ts');
      const kept = await importProgress(resolve(file));
      if (context.json) context.printJson({ imported: resolve(file), ...(kept === undefined ? {} : { kept }) });
      else context.print(`Imported.${kept === undefined ? '' : ` What you had before is in ${kept}.`}`);
    });
}

async function show(context: Context): Promise<void> {
  const progress = await progressFor(context);
  if (context.json) {
    context.printJson(progress);
    return;
  }
  const { stylesFor, wantsColour } = await import('../ui/look.ts');
  const lines = linesOf(progress, stylesFor({ colour: wantsColour(process.stdout) }).warning);
  for (const line of lines.length === 0 ? ["Nothing yet. Begin with 'npx firedrill start 1'."] : lines)
    context.print(line);
}

const ways = { self: 'reached', 'run-for-me': 'reached, commands run for you', skipped: 'skipped', read: 'read' };

/** @param amber how it looks that a step was lost again */
export function linesOf(progress: Progress, amber: (text: string) => string): string[] {
  return Object.entries(progress.lessons).flatMap(([id, lesson]) => {
    const state = lesson.finishedAt === undefined ? '' : ` (finished ${lesson.finishedAt.slice(0, 10)})`;
    const steps = Object.entries(lesson.steps).flatMap(([heading, { how, hints, bets, collapsedAt }]) => {
      const taken = hints === undefined ? '' : `, ${hints} hint${hints === 1 ? '' : 's'}`;
      const open = heading === lesson.current ? 'open' : 'not yet';
      const lost = collapsedAt === undefined ? '' : amber(`, lost again (${collapsedAt.slice(0, 10)})`);
      return [
        `  ${heading}: ${how === undefined ? open : ways[how]}${lost}${taken}`,
        ...(bets ?? []).map((bet) => `    bet: ${bet.question} You said ${bet.said}; measured ${bet.measured}.`),
      ];
    });
    return [`${id}${state}`, ...steps];
  });
}
