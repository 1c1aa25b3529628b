import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { isMissing, readIfThere } from '../system/files.ts';
import { checkoutFolder } from '../system/folders.ts';
import { defaultSubnet } from '../lab/layout.ts';
import { parseReadme, type Problem } from './markdown.ts';
import type { Lesson, LoadedLesson, Page } from './model.ts';

/** Where lessons are: `lessons/` of the checkout, or `FIREDRILL_LESSONS` (a workshop's own lessons, the tests' fixtures). */
export const lessonsFolder = (): string => process.env['FIREDRILL_LESSONS'] ?? join(checkoutFolder, 'lessons');

/** Number and folder name of each lesson there is, in order. Reads no lesson. */
export async function findLessons(folder = lessonsFolder()): Promise<{ number: number; id: string }[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names
    .filter((name) => /^\d\d-[a-z0-9-]+$/.test(name))
    .sort()
    .map((id) => ({ number: Number(id.slice(0, 2)), id }));
}

export interface LoadOptions {
  folder?: string;
  /** Network of the lab that the lessons are for, a /24. */
  subnet?: string;
}

/** All lessons, in order. @throws what `loadLesson` throws. */
export async function loadLessons({ folder = lessonsFolder(), subnet }: LoadOptions = {}): Promise<LoadedLesson[]> {
  const found = await findLessons(folder);
  return Promise.all(found.map(({ id }) => loadLesson(join(folder, id), subnet)));
}

/** The lessons that can be read, in order. A broken one is told to `onBroken` and keeps nobody from the others. */
export async function loadReadableLessons(
  onBroken: (error: FiredrillError) => void,
  { folder = lessonsFolder(), subnet }: LoadOptions = {},
): Promise<LoadedLesson[]> {
  const found = await findLessons(folder);
  const read = found.map(({ id }) =>
    loadLesson(join(folder, id), subnet).catch((error: unknown) => {
      if (!(error instanceof FiredrillError)) throw error;
      onBroken(error);
      return undefined;
    }),
  );
  return (await Promise.all(read)).filter((lesson) => lesson !== undefined);
}

/**
 * One lesson from its folder. @throws FiredrillError `lesson-broken` naming file, line and what was expected.
 */
export async function loadLesson(folder: string, subnet?: string): Promise<LoadedLesson> {
  const { lesson, problems } = await readLesson(folder, subnet);
  const first = problems[0];
  if (first !== undefined || lesson === undefined) throw broken(first, problems.length);
  return lesson;
}

/**
 * Reads a lesson as far as it can be read, and says all that is wrong with its files. Never throws for their content.
 * Pages are written for the default network; the addresses of the lab's own take their place.
 */
export async function readLesson(
  folder: string,
  subnet = defaultSubnet,
): Promise<{ lesson: LoadedLesson | undefined; problems: readonly Problem[] }> {
  const id = folder.split('/').at(-1) ?? folder;
  const readmePath = join(folder, 'README.md');
  const text = await readIfThere(readmePath);
  if (text === undefined) {
    return { lesson: undefined, problems: [{ file: readmePath, line: 0, message: 'expected this file' }] };
  }
  const { title, introduction, pages, problems } = parseReadme(inSubnet(text, subnet), readmePath);
  const definition = await importDefinition(join(folder, 'lesson.ts'));
  if ('message' in definition) return { lesson: undefined, problems: [...problems, definition] };
  return {
    lesson: {
      number: Number(id.slice(0, 2)),
      id,
      folder,
      title: title.replace(/^\d+[.:]?\s+/, ''),
      introduction,
      pages,
      definition,
    },
    problems: [...problems, ...mismatches(pages, definition, readmePath)],
  };
}

/** A text that was written for the default network, with the addresses of another one. */
export const inSubnet = (text: string, subnet: string): string =>
  text.replaceAll(prefixOf(defaultSubnet), prefixOf(subnet));

/** `10.0.3.` of `10.0.3.0/24`. */
const prefixOf = (subnet: string): string => subnet.replace(/0\/24$/, '');

async function importDefinition(file: string): Promise<Lesson | Problem> {
  if ((await readIfThere(file)) === undefined) return { file, line: 0, message: 'expected this file' };
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    if (isLesson(module.default)) return module.default;
    return { file, line: 0, message: "expected 'export default defineLesson({ ... })' with minutes and steps" };
  } catch (error) {
    return { file, line: lineIn(file, error), message: `cannot be loaded: ${messageOf(error)}` };
  }
}

const isLesson = (value: unknown): value is Lesson =>
  typeof value === 'object' && value !== null && 'steps' in value && 'minutes' in value && 'baseline' in value;

/** The first line of that file that a stack names; 0 where it names none. */
function lineIn(file: string, error: unknown): number {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const at = stack.indexOf(`${file}:`);
  return at < 0 ? 0 : Number.parseInt(stack.slice(at + file.length + 1), 10) || 0;
}

/** Headings of the page and keys of `steps` must be the same, in the same order. */
function mismatches(pages: readonly Page[], definition: Lesson, file: string): Problem[] {
  const keys = Object.keys(definition.steps);
  for (const [index, page] of pages.entries()) {
    const key = keys[index];
    if (key === page.heading) continue;
    const expected = key === undefined ? 'no further step' : `'## ${key}'`;
    return [
      {
        file,
        line: page.line,
        message: `'## ${page.heading}', but step ${index + 1} of lesson.ts is another; expected ${expected}`,
      },
    ];
  }
  const missing = keys[pages.length];
  if (missing === undefined) return [];
  return [
    { file, line: pages.at(-1)?.line ?? 1, message: `after the last step; expected '## ${missing}', as in lesson.ts` },
  ];
}

function broken(problem: Problem | undefined, count: number): FiredrillError {
  const where = problem ? `${problem.file}${problem.line > 0 ? `:${problem.line}` : ''}` : 'a lesson';
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  return new FiredrillError(`A lesson cannot be read. ${where}: ${problem?.message ?? 'expected a lesson'}${others}.`, {
    code: 'lesson-broken',
    remedy: "Correct the file, or put back the one that came with the kit: 'git checkout lessons'.",
  });
}
