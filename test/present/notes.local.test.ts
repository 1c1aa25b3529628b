import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LoadedLesson } from '../../scripts/course/model.ts';
import { runLesson, type LessonEnd } from '../../scripts/course/runner.ts';
import { followNotes } from '../../scripts/present/notes.ts';
import { PositionKeeper } from '../../scripts/present/position.ts';
import { createPresenterUi } from '../../scripts/present/presenter-ui.ts';
import { command, FakeFaults, lessonOf, page, World } from '../course/fakes.ts';
import { FakeInput, FakeOutput } from '../ui/fake-terminal.ts';

let folder: string;
let input: FakeInput;
let world: World;
const leave = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-notes-'));
  vi.stubEnv('XDG_STATE_HOME', folder);
  input = new FakeInput();
  world = new World();
});
afterEach(async () => {
  leave.abort(new Error('the test is over'));
  input.destroy();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const lessonIn = (shown: World): LoadedLesson =>
  lessonOf([page('Look', [command('look around')]), page('Light it', [command('set lamp'), command('set hall')])], {
    Look: { kind: 'read' },
    'Light it': { kind: 'task', reach: [shown.check('hall')] },
  });

/** A presentation, which keeps its positions where the real one does. */
async function present(lesson: LoadedLesson, auto: boolean): Promise<LessonEnd> {
  const positions = new PositionKeeper();
  const { signal } = leave;
  const ui = createPresenterUi({
    ...{ input, output: new FakeOutput(), colour: false, auto, types: !auto, signal, positions },
    environment: () => ({}),
    rhythm: { sleep: () => Promise.resolve(), random: () => 0 },
    openShell: () => Promise.resolve(0),
  });
  try {
    return await runLesson({ lesson, ui, lab: world.lab, faults: new FakeFaults(world), signal, doesAgain: true });
  } finally {
    ui.close();
    await positions.written();
  }
}

it('follow the presentation from the file that it writes: on, back, stopped, begun again, and to its end', async () => {
  const lesson = lessonIn(world);
  const screens: string[] = [];
  const patience = { timeout: 20_000, interval: 10 };
  const showing = (text: string | RegExp) =>
    vi.waitFor(() => {
      expect(screens.at(-1)).toMatch(text);
    }, patience);
  const notes = followNotes(lesson, {
    show: (lines) => screens.push(lines.join('\n')),
    look: () => ({ columns: 80, colour: false, accessible: false }),
    signal: leave.signal,
    pauseMilliseconds: 10,
  });
  await showing(/^Waiting for 'npx firedrill present 9'/);

  const stopped = present(lesson, false);
  await showing(/step 1 of 2[^]*\n {2}\$ look around/);
  input.write(' ');
  await showing('> $ look around');
  input.write(' ');
  await vi.waitFor(() => {
    expect(world.ran).toEqual(['look around']);
  }, patience);
  input.write(' ');
  await showing(/step 2 of 2[^]*\n {2}\$ set lamp\n {2}\$ set hall/);
  input.write(' ');
  await showing(/> \$ set lamp\n {2}\$ set hall/);
  input.write(' ');
  await showing(/ {2}\$ set lamp\n> \$ set hall/);
  input.write('b');
  await showing(/step 1 of 2[^]*\n {2}\$ look around/);

  // Another lesson in a third terminal is not theirs.
  const others = new PositionKeeper();
  others.keep({ lesson: '08-other', heading: 'Elsewhere', state: 'finished', startedAt: 0 });
  await others.written();
  expect((await readdir(join(folder, 'firedrill/presentations'))).sort()).toEqual(['08-other.json', '09-fake.json']);

  input.write('q');
  expect(await stopped).toBe('quit');
  expect(screens.at(-1)).toMatch('step 1 of 2');

  expect(await present(lesson, true)).toBe('finished');
  await notes;
  expect(screens.at(-1)).toMatch(/step 2 of 2[^]*The lesson is done\./);
  expect(screens.join('\n')).not.toContain('Elsewhere');
}, 60_000);
