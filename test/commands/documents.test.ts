import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../scripts/commands/program.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

const documents = ['README.md', 'CONTRIBUTING.md', 'docs/principles.md', 'docs/running-a-workshop.md'];

/** Why a command line of a document cannot be one of the program, or undefined. */
function wrongIn(words: readonly string[], command: Command, inherited: readonly string[] = []): string | undefined {
  const known = [...inherited, ...command.options.map(({ long }) => long ?? '')];
  for (const [index, word] of words.entries()) {
    if (word === '--') return undefined;
    const child = command.commands.find((one) => one.name() === word);
    if (child) return wrongIn(words.slice(index + 1), child, known);
    const flag = word.split('=')[0] ?? '';
    if (word.startsWith('--') && word !== '--help' && !known.includes(flag)) return `no option ${word}`;
    const takesWords = command.registeredArguments.length > 0 || words[index - 1]?.startsWith('--');
    if (!word.startsWith('--') && !takesWords) return `no command ${word}`;
  }
  return undefined;
}

test('the look itself finds a wrong command and a wrong option', () => {
  const program = createProgram();
  expect(wrongIn(['lab', 'upp'], program)).toBe('no command upp');
  expect(wrongIn(['lab', 'up', '--sise', 'single'], program)).toBe('no option --sise');
  expect(wrongIn(['lab', 'ssh', 'e1', '--', 'ls', '--all'], program)).toBeUndefined();
});

test.each(documents)('every command in %s exists', async (document) => {
  const text = await readFile(join(checkoutFolder, document), 'utf8');
  const lines = [...text.matchAll(/npx firedrill\b([^`'\n]*)/g)].map(([, rest]) => rest?.trim() ?? '');
  expect(lines.length).toBeGreaterThan(0);
  const wrong = lines.flatMap((line) => {
    const why = wrongIn(
      line.split(/\s+/).filter((word) => word !== ''),
      createProgram(),
    );
    return why === undefined ? [] : [`npx firedrill ${line}: ${why}`];
  });
  expect(wrong).toEqual([]);
});

test.each(documents)('every file that %s links to exists', async (document) => {
  const text = await readFile(join(checkoutFolder, document), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? '');
  for (const path of links) {
    await expect(readFile(join(checkoutFolder, document, '..', path)), path).resolves.toBeDefined();
  }
});
