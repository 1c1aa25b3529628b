import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { lintLesson } from '../../scripts/course/lint.ts';
import { findLessons, loadLesson, loadLessons, loadReadableLessons, readLesson } from '../../scripts/course/load.ts';
import { parseReadme } from '../../scripts/course/markdown.ts';
import { makeLesson } from '../../scripts/course/new-lesson.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

const fixtures = join(import.meta.dirname, '../fixtures/lessons');
const lamp = join(fixtures, '01-light-a-lamp');

test("pages name the addresses of the learner's lab", async () => {
  const lesson = await loadLesson(join(checkoutFolder, 'lessons/08-etcd-restored-for-the-api-server'), '10.0.13.0/24');
  const said = JSON.stringify(lesson.pages);
  expect(said).toContain('--peer-urls=https://10.0.13.52:2380');
  expect(said).not.toContain('10.0.3.');
});

describe('a README.md', () => {
  const parse = (lines: readonly string[]) => parseReadme(lines.join('\n'), 'README.md');

  it('becomes pages, commands, hints and a debrief; every word is kept', async () => {
    const { title, introduction, pages, definition } = await loadLesson(lamp);
    expect(title).toBe('Light a lamp');
    expect(introduction).toContain('**Goal**: light a lamp');
    expect(pages.map(({ heading }) => heading)).toEqual(Object.keys(definition.steps));
    const [about, light] = pages;
    expect(about?.text).toContain('## not a heading');
    expect(about?.text).toContain('echo "lamps are in $LAMPS"');
    expect(light?.hints).toEqual([
      'Is there a file `hall`?',
      '`echo` writes a word.',
      '`echo on` into the file `hall`.',
    ]);
    expect(light?.debrief).toContain('without being told');
    expect(light?.text).not.toContain('mkdir');
    expect(light?.commands.map(({ show, solution, line }) => ({ show, solution, line }))).toEqual([
      { show: true, solution: false, line: 23 },
      { show: false, solution: true, line: 39 },
    ]);
  });

  it('has words after sh', () => {
    const [page] = parse(['# T', '## S', '```sh on=w1 background', 'a', '```', '~~~sh fails', 'b', '~~~']).pages;
    expect(page?.commands).toMatchObject([
      { text: 'a', on: 'w1', background: true, fails: false },
      { text: 'b', on: undefined, fails: true },
    ]);
  });

  it('may have its commands in a list, without the indent', () => {
    const [page] = parse(['# T', '## S', '1. do', '   ```sh', '   a', '     b', '   ```']).pages;
    expect(page?.commands[0]?.text).toBe('a\n  b');
  });

  it('does not run what a hint or a debrief shows', () => {
    const lines = ['# T', '## S', '### Hint', '```sh', 'a', '```', '### Debrief', '```sh', 'b', '```'];
    const [page] = parse(lines).pages;
    expect(page?.commands).toEqual([]);
    expect(page?.hints[0]).toContain('a');
    expect(page?.debrief).toContain('b');
  });

  it.each([
    [['# T', '## S', '```sh sudo', 'a', '```'], 3, "'sudo' after sh"],
    [['# T', '## S', '', '```sh', 'a'], 4, 'never closed'],
    [['# T', '## S', '```sh', '```'], 3, 'an empty sh block'],
    [['## S'], 1, 'expected a title'],
    [['# T', '# U'], 2, 'a second title'],
    [['# T', '## S', '## S'], 3, "a second step named 'S'"],
  ])('%j is wrong in line %i', (lines, line, message) => {
    expect(parse(lines).problems).toMatchObject([{ line, message: expect.stringContaining(message) as string }]);
  });
});

describe('a broken lesson', () => {
  let folder: string;
  let copies = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lessons-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A copy of the fixture, with something replaced. */
  async function broken(file: string, from: string, to: string): Promise<string> {
    // Each its own folder: an imported module is kept by its path.
    const copy = join(folder, `${String(10 + copies++)}-lamp`);
    await cp(lamp, copy, { recursive: true });
    const path = join(copy, 'lesson.ts');
    const scripts = join(import.meta.dirname, '../../scripts');
    const code = await readFile(path, 'utf8');
    await writeFile(
      path,
      code.replaceAll('../../../../scripts', scripts).replace('../../lamps.ts', join(fixtures, '../lamps.ts')),
    );
    const text = await readFile(join(copy, file), 'utf8');
    if (!text.includes(from)) throw new Error(`the fixture has no ${from}`);
    await writeFile(join(copy, file), text.replace(from, to));
    return copy;
  }

  it.each([
    ['README.md', '## Light it', '## Light them', /README\.md:19: '## Light them'.*expected '## Light it'/],
    ['README.md', '## See it refuse', '### See it refuse', /README\.md:19: .*expected '## See it refuse'/],
    ['README.md', 'sh solution', 'sh solutoin', /README\.md:39: 'solutoin' after sh; expected any of solution/],
    ['lesson.ts', 'export default', 'export const lesson =', /lesson\.ts: expected 'export default defineLesson/],
    ['lesson.ts', 'baseline: [],', 'baseline: [missing],', /lesson\.ts:\d+: cannot be loaded: missing is not defined/],
  ])('%s: %s -> %s', async (file, from, to, message) => {
    await expect(loadLesson(await broken(file, from, to))).rejects.toMatchObject({
      code: 'lesson-broken',
      message: expect.stringMatching(message) as string,
      remedy: expect.stringContaining('git checkout') as string,
    });
  });

  it('keeps nobody from the others', async () => {
    const course = join(folder, 'course');
    await cp(await broken('README.md', '# 01 Light a lamp', '# 01 Light a lamp'), join(course, '01-good'), {
      recursive: true,
    });
    await cp(await broken('README.md', '## Light it', '## Light'), join(course, '02-bad'), { recursive: true });
    const errors: string[] = [];
    const lessons = await loadReadableLessons(({ message }) => errors.push(message), { folder: course });
    expect(lessons.map(({ id }) => id)).toEqual(['01-good']);
    expect(errors).toEqual([expect.stringContaining('02-bad/README.md:19')]);
    await expect(loadLessons({ folder: course })).rejects.toMatchObject({ code: 'lesson-broken' });
  });

  it('is told all at once to its author', async () => {
    const { problems } = await readLesson(join(folder, '99-nothing'));
    expect(problems).toMatchObject([{ message: 'expected this file' }]);
  });

  it.each([
    ['README.md', '**Goal**: light', '**Aim**: light', /begins with 'Goal'/],
    ['README.md', '### Hint\n\n`echo` writes a word.\n', '', /2 hints/],
    ['README.md', 'sh solution', 'sh show', /no command that reaches it/],
    ['README.md', '```sh fails', '```sh fails on=w9', /on=w9 is no machine of the lab; expected one of e1/],
    ['README.md', '### Debrief\n\n**What happened.**', '**What happened.**', /'### Debrief' in the last step/],
    ['README.md', 'A lamp was lit.', 'TODO', /still says TODO/],
    ['lesson.ts', 'minutes: 5', 'minutes: 500', /minutes is 500/],
    ['lesson.ts', "id: 'says',", "id: 'says', expected: ['off'],", /'says' expects 'off'; expected one of on, lit/],
    ['lesson.ts', "id: 'says',", "id: 'says', expected: [],", /'says' expects nothing/],
    ['lesson.ts', "id: 'says',", "id: 'says', expected: ['lit', 'on'],", /'says' expects anything/],
    ['README.md', '**What happened.**', '**Before.**', /no part '\*\*What happened'/],
    ['README.md', '**What would have helped.**', 'It helped:', /no part '\*\*What would have helped'/],
    ['README.md', '**In production.**', 'Elsewhere:', /no part '\*\*In production'/],
  ])('does not pass the linter: %s without %s', async (file, from, to, message) => {
    const problems = await lintLesson(await broken(file, from, to));
    expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
  });

  it('is what a new lesson is, until its TODOs are filled in', async () => {
    const made = await makeLesson('Lose a disk!', join(folder, 'new'));
    expect(made).toMatch(/01-lose-a-disk$/);
    const scripts = join(import.meta.dirname, '../../scripts');
    for (const file of ['README.md', 'lesson.ts']) {
      const text = await readFile(join(made, file), 'utf8');
      await writeFile(join(made, file), text.replaceAll('../../scripts', scripts));
    }
    expect((await lintLesson(made)).every(({ message }) => message.includes('TODO'))).toBe(true);
    const filled = join(folder, 'new', '02-filled');
    await cp(made, filled, { recursive: true });
    for (const file of ['README.md', 'lesson.ts']) {
      const text = await readFile(join(filled, file), 'utf8');
      await writeFile(join(filled, file), text.replaceAll('TODO', 'words'));
    }
    expect(await lintLesson(filled)).toEqual([]);
    expect((await findLessons(join(folder, 'new'))).map(({ number }) => number)).toEqual([1, 2]);
  });
});

describe('the lessons of this kit', async () => {
  const lessons = await findLessons();
  const folder = join(import.meta.dirname, '../../lessons');

  it.each(lessons.map(({ id }) => id))('%s is as a lesson should be', async (id) => {
    expect(await lintLesson(join(folder, id))).toEqual([]);
  });

  it('have each a number of its own, and all can be loaded', async () => {
    const numbers = (await loadLessons()).map(({ number }) => number);
    expect(numbers.length).toBeGreaterThan(0);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
