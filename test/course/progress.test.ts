import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unmet } from '../../scripts/checks/verdict.ts';
import { openEventLog } from '../../scripts/course/event-log.ts';
import { ProgressKeeper } from '../../scripts/course/keep-progress.ts';
import { read } from '../../scripts/course/model.ts';
import {
  changeProgress,
  emptyProgress,
  importProgress,
  readProgress,
  writeProgress,
} from '../../scripts/course/progress.ts';
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
  const keeper = new ProgressKeeper(emptyProgress(), { path });
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
  keeper.take({ type: 'lesson-finished', lesson, fromStep: 1, seconds: 9 });
  await keeper.written();
  const finished = (await readProgress(silent, path)).lessons[lesson.id];
  expect(finished?.current).toBeUndefined();
  expect(finished?.finishedAt).toMatch(/^\d{4}-/);
});

it.each([
  { type: 'step-reached', lesson, page: pages[0]!, how: 'self', seconds: 3 } as const,
  { type: 'step-failed', page: pages[0]!, why: 'it rains' } as const,
])('keeps open bets until their step has ended, on disk as well: $type', async (end) => {
  const keeper = new ProgressKeeper(emptyProgress(), { path });
  keeper.take({ type: 'step-opened', lesson, page: pages[0]!, number: 1, of: 2 });
  keeper.take({ type: 'bet', id: 'how-long', said: '30' });
  keeper.take({ type: 'bet', id: 'which', said: 'a' });
  keeper.take({ type: 'bet', id: 'which', said: 'b' });
  await keeper.written();
  const later = new ProgressKeeper(await readProgress(silent, path), { path });
  expect(later.openBets(lesson, 'One')).toEqual({ 'how-long': '30', which: 'b' });
  expect(later.openBets(lesson, 'Two')).toEqual({});
  keeper.take(end);
  await keeper.written();
  expect(keeper.openBets(lesson, 'One')).toEqual({});
  expect((await readProgress(silent, path)).lessons[lesson.id]?.steps['One']).not.toHaveProperty('openBets');
});

it('forgets the open bets of later steps where a lesson is begun at its first', async () => {
  const keeper = new ProgressKeeper(emptyProgress(), { path });
  const bets = () => ['One', 'Two'].map((heading) => keeper.openBets(lesson, heading));
  for (const [index, opened] of pages.entries()) {
    keeper.take({ type: 'step-opened', lesson, page: opened, number: index + 1, of: 2 });
    keeper.take({ type: 'bet', id: 'which', said: 'a' });
  }
  keeper.take({ type: 'lesson-started', lesson, fromStep: 2 });
  expect(bets()).toEqual([{ which: 'a' }, { which: 'a' }]);
  keeper.take({ type: 'lesson-started', lesson, fromStep: 1 });
  expect(bets()).toEqual([{ which: 'a' }, {}]);
  await keeper.written();
});

it('marks the drill that was lost again, whatever is open by then, until it is reached again', async () => {
  const keeper = new ProgressKeeper(emptyProgress(), { path });
  const [one, two] = pages;
  const steps = async () => (await readProgress(silent, path)).lessons[lesson.id]?.steps;
  const reached = { type: 'step-reached', lesson, page: one!, how: 'self', seconds: 3 } as const;
  keeper.take({ type: 'step-opened', lesson, page: one!, number: 1, of: 2 });
  keeper.take(reached);
  keeper.take({ type: 'step-opened', lesson, page: two!, number: 2, of: 2 });
  keeper.take({ type: 'tick-turned-amber', lesson, page: one!, claim: 'it runs', verdict: unmet('no', 'yes') });
  await keeper.written();
  expect(await steps()).toMatchObject({
    One: { how: 'self', collapsedAt: expect.stringMatching(/^\d{4}-/) as string },
  });
  expect((await steps())?.['Two']).toEqual({});

  keeper.take({ type: 'step-opened', lesson, page: one!, number: 1, of: 2 });
  await keeper.written();
  expect((await steps())?.['One']).toHaveProperty('collapsedAt');
  keeper.take(reached);
  await keeper.written();
  expect((await steps())?.['One']).not.toHaveProperty('collapsedAt');
});

describe('two programs at once', () => {
  const [one, two] = pages;
  const hintTaken = () =>
    changeProgress(
      (kept) => {
        const step = (kept.lessons[lesson.id]!.steps['One'] ??= {});
        return (step.hints = (step.hints ?? 0) + 1);
      },
      { known: emptyProgress(), onDamaged: silent, path },
    );

  it('keep what the other one wrote: a hint in a second terminal, another lesson', async () => {
    const keeper = new ProgressKeeper(emptyProgress(), { path });
    keeper.take({ type: 'step-opened', lesson, page: one!, number: 1, of: 2 });
    await keeper.written();
    expect(await hintTaken()).toBe(1);
    expect(await hintTaken()).toBe(2);
    const other = new ProgressKeeper(emptyProgress(), { path });
    other.take({ type: 'step-opened', lesson: { ...lesson, id: '08-other' }, page: two!, number: 2, of: 2 });
    await other.written();
    keeper.take({ type: 'hint', tier: 1, text: '' });
    keeper.take({ type: 'step-reached', lesson, page: one!, how: 'self', seconds: 3 });
    await keeper.written();
    const kept = await readProgress(silent, path);
    expect(kept.lessons[lesson.id]).toMatchObject({ current: 'Two', steps: { One: { how: 'self', hints: 2 } } });
    expect(kept.lessons['08-other']).toMatchObject({ current: 'Two' });
  });

  it('lose nothing where they write at the same moment, and leave no lock', async () => {
    await writeProgress({ ...emptyProgress(), lessons: { [lesson.id]: { steps: {} } } }, path);
    const tiers = await Promise.all(Array.from({ length: 6 }, hintTaken));
    expect(tiers.sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await readdir(folder)).toEqual(['progress.json']);
  });
});

describe('where the progress cannot be written', () => {
  const [one, two] = pages;

  it('that is told once, and the next write has what the failed ones had', async () => {
    const blocked = join(folder, 'blocked');
    await writeFile(blocked, 'a file, where a folder should be');
    const told: string[] = [];
    const tell = (message: string) => told.push(message);
    const keeper = new ProgressKeeper(emptyProgress(), { path: join(blocked, 'progress.json'), tell });
    keeper.take({ type: 'step-opened', lesson, page: one!, number: 1, of: 2 });
    keeper.take({ type: 'step-reached', lesson, page: one!, how: 'self', seconds: 3 });
    await expect(keeper.written()).rejects.toMatchObject({
      code: 'progress-not-written',
      exitCode: 3,
      remedy: expect.stringContaining('Is the disk full') as string,
    });
    expect(told).toEqual([expect.stringContaining('could not be written')]);
    await rm(blocked);
    keeper.take({ type: 'step-opened', lesson, page: two!, number: 2, of: 2 });
    await keeper.written();
    const kept = await readProgress(silent, join(blocked, 'progress.json'));
    expect(kept.lessons[lesson.id]).toMatchObject({ current: 'Two', steps: { One: { how: 'self' }, Two: {} } });
  });

  it('an export says so, with what to do', async () => {
    await expect(writeProgress(emptyProgress(), '/dev/null/x.json')).rejects.toMatchObject({
      code: 'progress-not-written',
    });
  });
});

it('does not lose a lesson where the file was damaged or removed while it is open', async () => {
  const told: string[] = [];
  const keeper = new ProgressKeeper(emptyProgress(), { path, tell: (message) => told.push(message) });
  const [one, two] = pages;
  keeper.take({ type: 'step-opened', lesson, page: one!, number: 1, of: 2 });
  keeper.take({ type: 'step-reached', lesson, page: one!, how: 'self', seconds: 3 });
  await keeper.written();
  await writeFile(path, 'rubbish');
  keeper.take({ type: 'step-opened', lesson, page: two!, number: 2, of: 2 });
  await keeper.written();
  expect((await readProgress(silent, path)).lessons[lesson.id]).toMatchObject({
    steps: { One: { how: 'self' }, Two: {} },
  });
  expect(told).toEqual([expect.stringContaining('set aside')]);
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
