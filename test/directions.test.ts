import { join } from 'node:path';
import { Linter } from 'eslint';
import { expect, test } from 'vitest';
import { checkoutFolder } from '../scripts/system/folders.ts';

/** The part of eslint.config.js that keeps imports going one way. The rest of it needs types, and takes a minute. */
const { directions } = (await import(join(checkoutFolder, 'eslint.config.js'))) as { directions: Linter.Config[] };
const linter = new Linter();
const complaints = (file: string, code: string): string[] =>
  linter.verify(code, directions, { filename: file }).map(({ message }) => message);

test.each([
  ['scripts/lab/up.ts', "import '../course/run.ts';", 'scripts/lab must not import from scripts/course.'],
  ['scripts/lab/scale/join.ts', "import '../../ui/ask.ts';", 'scripts/lab must not import from scripts/ui.'],
  ['scripts/course/run.ts', "await import('../ui/ask.ts');", 'scripts/course must not import from scripts/ui.'],
  ['scripts/ui/plain.ts', "import '../commands/list.ts';", 'scripts/ui must not import from scripts/commands.'],
  ['scripts/stage/stage.ts', "import '../bench/lab.ts';", 'scripts/stage must not import from scripts/bench.'],
  ['scripts/soak/lessons.ts', "import '../commands/list.ts';", 'scripts/soak must not import from scripts/commands.'],
  ['scripts/bench/main.ts', "import '../commands/list.ts';", 'scripts/bench must not import from scripts/commands.'],
  ['scripts/record/main.ts', "import '../soak/main.ts';", 'scripts/record must not import from scripts/soak.'],
  ['scripts/commands/list.ts', "import '../soak/main.ts';", 'scripts/commands must not import from scripts/soak.'],
  ['scripts/main.ts', "import './lab/up.ts';", 'scripts/main.ts must not import from scripts/lab.'],
  ['lessons/01-a/lesson.ts', "import '../../scripts/ui/ask.ts';", 'A lesson must not import from scripts/ui.'],
  ['lessons/moments.ts', "import '../scripts/commands/list.ts';", 'A lesson must not import from scripts/commands.'],
  ['scripts/commands/list.ts', "import ora from 'ora';", 'Only scripts/ui imports terminal libraries.'],
  ['scripts/commands/list.ts', "await import('@inquirer/prompts');", 'Only scripts/ui imports terminal libraries.'],
  ['scripts/course/run.ts', "import { marked } from 'marked';", 'Only scripts/ui imports terminal libraries.'],
  ['scripts/course/run.ts', "process.stdout.write('x');", 'This layer never prints'],
  ['scripts/bundle/make.ts', 'show(process.stderr);', 'This layer never prints'],
  ['lessons/01-a/lesson.ts', "process.stdout.write('x');", 'This layer never prints'],
  ['scripts/lab/up.ts', 'process.exit(3);', 'Only scripts/main.ts ends the program'],
  ['scripts/commands/list.ts', 'process.exit(3);', 'Only scripts/main.ts ends the program'],
  ['app/web.ts', "import '../scripts/system/run.ts';", 'The app imports nothing from outside of app/.'],
])('%s may not: %s', (file, code, why) => {
  const said = complaints(file, code);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(why);
});

test.each([
  ['scripts/course/run.ts', "import '../checks/app.ts';"],
  ['scripts/commands/list.ts', "await import('../ui/ask.ts');"],
  ['scripts/ui/ask.ts', "await import('@inquirer/prompts');"],
  ['scripts/commands/list.ts', "process.stdout.write('x');"],
  ['scripts/setup/host.ts', 'ask(process.stdout.isTTY);'],
  ['scripts/soak/main.ts', 'process.exit(3);'],
  ['scripts/faults/end-machines.ts', "process.stderr.write('x');"],
  ['scripts/main.ts', "import './commands/program.ts'; process.exit(3);"],
  ['lessons/01-a/lesson.ts', "import '../../scripts/course/model.ts'; import '../moments.ts';"],
])('%s may: %s', (file, code) => {
  expect(complaints(file, code)).toEqual([]);
});
