import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommanderError, type Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../scripts/commands/program.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

const inDocs = (await readdir(join(checkoutFolder, 'docs'))).filter((name) => name.endsWith('.md'));
const documents = ['README.md', 'CONTRIBUTING.md', ...inDocs.map((name) => `docs/${name}`)];
const textOf = (document: string): Promise<string> => readFile(join(checkoutFolder, document), 'utf8');

/** The program's own command line, with nothing behind it. */
function parser(): Command {
  const program = createProgram();
  const silence = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    command.commands.forEach(silence);
    if (command.commands.length > 0) return;
    command.action((words: unknown) => {
      // The words that no command took: the program itself refuses them when it runs.
      if (command.name() !== 'open' || !Array.isArray(words) || words.length === 0) return;
      throw new CommanderError(2, 'unknown', `error: unknown command '${String(words[0])}'`);
    });
  };
  program.commands.forEach(silence);
  return program.configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

/** Why a command line of a document cannot be one of the program, in commander's words, or undefined. */
async function wrongIn(line: string): Promise<string | undefined> {
  const words = line.split(/\s+/).filter((word) => word !== '');
  try {
    await parser().parseAsync(words, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for, and the help of a group of commands.
    return error.code.startsWith('commander.help') ? undefined : error.message;
  }
}

test.each([
  ['lab upp', "unknown command 'upp'"],
  ['labb up', "unknown command 'labb'"],
  ['lab up --sise single', "unknown option '--sise'"],
  ['lab up --size tiny', 'Allowed choices are default, single, ha'],
  ['lab up --size', 'argument missing'],
  ['lab logs', "missing required argument 'machine'"],
  ['lab status w1', 'too many arguments'],
  ['lab scale --workers ten', 'It must be a whole number'],
])('the look itself finds what is wrong with: %s', async (line, why) => {
  expect(await wrongIn(line)).toContain(why);
});

test.each(['', 'lab ssh e1 -- ls --all', 'lab up --help', 'start 1 2 3 --auto --yes', '--lab two lab up'])(
  'and nothing with: %s',
  async (line) => {
    expect(await wrongIn(line)).toBeUndefined();
  },
);

test('there are commands in the documents', async () => {
  const all = await Promise.all(documents.map(textOf));
  expect(all.flatMap(commandsIn).length).toBeGreaterThan(60);
});

const commandsIn = (text: string): string[] =>
  [...text.matchAll(/npx firedrill\b([^`'"\n]*)/g)].map(([, rest]) => rest?.trim() ?? '');

test.each(documents)('every command in %s could be typed', async (document) => {
  const wrong: string[] = [];
  for (const line of commandsIn(await textOf(document))) {
    const why = await wrongIn(line);
    if (why !== undefined) wrong.push(`npx firedrill ${line}: ${why}`);
  }
  expect(wrong).toEqual([]);
});

test.each(documents)('every script that %s runs with npm exists', async (document) => {
  const { scripts } = JSON.parse(await textOf('package.json')) as { scripts: Record<string, string> };
  const text = await textOf(document);
  const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
  // npm itself knows two by a shorter name.
  const short = [...text.matchAll(/npm (start|test)\b/g)].map(([, name]) => name ?? '');
  expect([...named, ...short].filter((name) => !(name in scripts))).toEqual([]);
});

/** `lab up`, `progress export`: what can be typed. Lesson 05 teaches those of the playground. */
const commandsOf = (command: Command, before: readonly string[] = []): string[] =>
  command.commands
    .filter((child) => child.name() !== 'open')
    .flatMap((child) => {
      const path = [...before, child.name()];
      const isLeaf = child.commands.length === 0 || child.name() === 'playground';
      return isLeaf ? [path.join(' ')] : commandsOf(child, path);
    });

test('README shows every command of the program', async () => {
  const shown = commandsIn(await textOf('README.md'));
  const missing = commandsOf(createProgram()).filter(
    (command) => !shown.some((line) => line === command || line.startsWith(`${command} `)),
  );
  expect(missing).toEqual([]);
});

test('README asks for the Node.js that package.json asks for', async () => {
  const { engines } = JSON.parse(await textOf('package.json')) as { engines: { node: string } };
  expect(await textOf('README.md')).toContain(`to type \`npm ci\`: ${engines.node.replace('>=', '')} or newer`);
});

test('README and CONTRIBUTING name the lessons that the tests leave to the soak', async () => {
  const list = /provenBySoak = \[([\d, ]+)\]/.exec(await textOf('test/e2e/lessons.test.ts'))?.[1];
  const said = list?.replace(/, (\d+)$/, ' and $1');
  for (const document of ['README.md', 'CONTRIBUTING.md']) {
    expect((await textOf(document)).replace(/\s+/g, ' '), document).toContain(
      `the lessons but ${said ?? '?'}, which take longest`,
    );
  }
});

test.each(documents)('every file that %s links to exists', async (document) => {
  const links = [...(await textOf(document)).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '');
  for (const path of links) {
    await expect(readFile(join(checkoutFolder, document, '..', path)), path).resolves.toBeDefined();
  }
});
