import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEventLog } from '../../scripts/course/event-log.ts';
import { ProgressKeeper } from '../../scripts/course/keep-progress.ts';
import { read } from '../../scripts/course/model.ts';
import { emptyProgress, importProgress, readProgress, writeProgress } from '../../scripts/course/progress.ts';
import { command, lessonOf, page } from './fakes.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'progress-'));
  path = join(folder, 'progress.json');
});
afterEach(() => rm(folder, { recursive: true }));

const silent = (message: string): void => {
  throw new Error(message);
};
const pages = [page('One'), page('Two')];
const lesson = lessonOf(pages, { One: read, Two: read });

it('keeps what the events say, and where to go on', async () => {
  const keeper = new ProgressKeeper(emptyProgress(), path);
  const [one, two] = pages;
  keeper.take({ type: 'step-opened', lesson, page: one!, number: 1, of: 2 });
  keeper.take({ type: 'hint', tier: 2, text: '' });
  const bet = { question: 'Q', said: 'a', measured: 'b', saw: '', right: false };
  keeper.take({ type: 'prediction-scored', ...bet });
  keeper.take({ type: 'prediction-scored', ...bet });
  keeper.take({ type: 'step-reached', lesson, page: one!, how: 'skipped', seconds: 3 });
  await keeper.written();
  const kept = (await readProgress(silent, path)).lessons[lesson.id];
  expect(kept?.steps['One']).toMatchObject({ how: 'skipped', seconds: 3, hints: 2 });
  expect(kept?.steps['One']?.bets).toHaveLength(1);
  expect(kept?.current).toBe('Two');

  keeper.take({ type: 'step-opened', lesson, page: two!, number: 2, of: 2 });
  keeper.take({ type: 'step-reached', lesson, page: two!, how: 'self', seconds: 1 });
  keeper.take({ type: 'lesson-finished', lesson, seconds: 9 });
  await keeper.written();
  const finished = (await readProgress(silent, path)).lessons[lesson.id];
  expect(finished?.current).toBeUndefined();
  expect(finished?.finishedAt).toMatch(/^\d{4}-/);
});

it.each(['', '{"version":1,"les', '[]', '{"version":2,"lessons":{}}', '{"version":1,"lessons":{"x":{"steps":7}}}'])(
  'sets a damaged file aside, with a message, and loses nothing: %s',
  async (text) => {
    await writeFile(path, text);
    const messages: string[] = [];
    expect(await readProgress((message) => messages.push(message), path)).toEqual(emptyProgress());
    const [aside] = await readdir(folder);
    expect(aside).toMatch(/^progress\.json\.damaged-/);
    expect(await readFile(join(folder, aside!), 'utf8')).toBe(text);
    expect(messages[0]).toContain(aside);
  },
);

it('keeps what it does not know', async () => {
  const strange = { version: 1, extra: 1, lessons: { '77-theirs': { steps: {}, stars: 5 } } };
  await writeFile(path, JSON.stringify(strange));
  await writeProgress(await readProgress(silent, path), path);
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(strange);
});

it('imports what was exported, keeps the old one, and refuses anything else', async () => {
  await writeProgress({ ...emptyProgress(), lesson: 'old' }, path);
  const exported = join(folder, 'exported');
  await writeProgress({ ...emptyProgress(), lesson: 'new' }, exported);
  const kept = await importProgress(exported, path);
  expect((await readProgress(silent, path)).lesson).toBe('new');
  expect((await readProgress(silent, kept)).lesson).toBe('old');
  await writeFile(exported, 'no');
  await expect(importProgress(exported, path)).rejects.toMatchObject({ code: 'progress-unreadable', exitCode: 2 });
  expect((await readProgress(silent, path)).lesson).toBe('new');
});

it('logs each event as a line, without the lesson itself', async () => {
  const log = openEventLog(lesson.id, folder);
  log.take({ type: 'step-opened', lesson, page: pages[0]!, number: 1, of: 2 });
  log.take({ type: 'note', text: 'hello' });
  const lines = (await readFile(log.path, 'utf8')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { type: 'step-opened', lesson: '09-fake', step: 'One' },
    { type: 'note', text: 'hello' },
  ]);
});

it('logs no secret: neither of a command nor of what it said', async () => {
  const log = openEventLog(lesson.id, folder);
  log.take({ type: 'command-started', command: command('login --password hunter2') });
  log.take({ type: 'command-output', line: 'your token: abc123' });
  const text = await readFile(log.path, 'utf8');
  expect(text).toContain('login --password ***');
  expect(text).toContain('your token: ***');
  expect(text).not.toMatch(/hunter2|abc123/);
});

it('does not end a lesson where the log cannot be written', () => {
  const log = openEventLog(lesson.id, '/dev/null/no');
  expect(() => {
    log.take({ type: 'note', text: 'x' });
  }).not.toThrow();
});
