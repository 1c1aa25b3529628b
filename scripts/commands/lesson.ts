import type { Command } from 'commander';
import { contextOf } from './context.ts';

export function addLessonCommand(program: Command): void {
  const lesson = program.command('lesson').description('For authors: make a lesson, and look at its files.');
  lesson
    .command('new <name>')
    .description('make the folder of a new lesson, to be filled in')
    .action(async (name: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { makeLesson } = await import('../course/new-lesson.ts');
      const folder = await makeLesson(name);
      if (context.json) context.printJson({ folder });
      else
        context.print(
          `${folder}\nFill in what says TODO. Then: 'npx firedrill lesson lint', 'npx firedrill author-check'.`,
        );
    });
  lesson
    .command('lint')
    .description('say what the lessons still lack, without a lab')
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const [{ findLessons, lessonsFolder }, { lintLesson }] = await Promise.all([
        import('../course/load.ts'),
        import('../course/lint.ts'),
      ]);
      const folders = (await findLessons()).map(({ id }) => `${lessonsFolder()}/${id}`);
      const problems = (await Promise.all(folders.map((folder) => lintLesson(folder)))).flat();
      if (problems.length > 0) process.exitCode = 1;
      if (context.json) context.printJson(problems);
      else for (const { file, line, message } of problems) context.print(`${file}:${line}: ${message}`);
    });
}
