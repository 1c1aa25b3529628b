import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { record, type RecordOptions } from '../../scripts/record/record.ts';
import type { ScenarioStep } from '../../scripts/record/scenario.ts';
import { runInFolder } from '../support/in-folder.ts';
import { programPath } from '../support/program.ts';

let folder: string;
let over: AbortController;
beforeEach(async () => {
  over = new AbortController();
  folder = await mkdtemp(join(tmpdir(), 'firedrill-present-'));
});
afterEach(async () => {
  // Where one of two terminals fails, the other one's program ends as well.
  over.abort(new Error('the test is over'));
  await rm(folder, { recursive: true });
});

/** A course of its own, whose lessons need no lab. */
const environment = () => ({
  HOME: folder,
  XDG_STATE_HOME: join(folder, 'state'),
  FIREDRILL_LESSONS: join(import.meta.dirname, 'lessons'),
  FIREDRILL_LAB: 'another',
  FIREDRILL_RECORD: '0',
  LAMPS: join(folder, 'lamps'),
  SHELL: '/bin/bash',
});

/** The real program in a terminal. Each step waits for what the screen must show, and then presses a key at once. */
function inTerminal(args: string, steps: readonly ScenarioStep[], say?: RecordOptions['say']) {
  const scenario = { title: 'A test', run: args, steps: steps.map((step) => ({ read: 0, ...step })) };
  return record([programPath, ...args.split(' ')], scenario, { env: environment(), say, signal: over.signal });
}

const stateOf = (name: string): string => join(folder, 'state/firedrill', name);
const positionOf = async (lesson: string): Promise<unknown> =>
  JSON.parse(await readFile(stateOf(`presentations/${lesson}.json`), 'utf8'));
const lamp = (name: string): Promise<string> => readFile(join(folder, 'lamps', name), 'utf8');

const hall = 'Step 1 of 2: Light the hall';
const roof = 'Step 2 of 2: Light the roof';

it('goes off script and comes back, steps back, is stopped, and goes on there with the notes beside it', async () => {
  await inTerminal('--lab off-stage present 1', [
    { wait: hall, press: ' ' },
    { wait: '$ mkdir -p "$LAMPS" && echo two lamps', press: ' ' },
    // What it said, and the prompt of the command that comes next.
    { wait: 'two lamps\n$', press: 's' },
    // Only the lab's environment has this name, and only a shell puts it there.
    { wait: "Leave it with 'exit' or Ctrl-D.\n(lab)", type: 'echo off-script $FIREDRILL_LAB', press: 'enter' },
    { wait: 'off-script off-stage', type: 'exit', press: 'enter' },
    // The shell's last word, and the presentation's prompt again.
    { wait: 'exit\n$', press: ' ' },
    { wait: '$ echo on > "$LAMPS/hall"', press: ' ' },
    { wait: '✔ Light the hall', press: ' ' },
    { wait: roof, press: ' ' },
    { wait: '$ echo the roof is dark', press: 'b' },
    { wait: hall, press: 'k' },
    { wait: '✔ Light the hall', press: ' ' },
    { wait: roof, press: ' ' },
    { wait: '$ echo the roof is dark', press: ' ' },
    { wait: 'the roof is dark\n$', press: 'q' },
  ]);
  const stoppedAt = { lesson: '01-two-lamps', heading: 'Light the roof', state: 'open' };
  expect(await positionOf('01-two-lamps')).toMatchObject({ ...stoppedAt, command: 'echo on > "$LAMPS/roof"' });
  expect(await lamp('hall')).toBe('on\n');
  await expect(lamp('roof')).rejects.toMatchObject({ code: 'ENOENT' });

  // Another lesson in between, which Ctrl-C ends.
  const interrupted = inTerminal('present 2', [{ wait: 'Step 1 of 1: Strike it', press: 'ctrl-c' }]);
  await expect(interrupted).rejects.toThrow('exit code 130');
  expect(await positionOf('02-a-match')).toMatchObject({ heading: 'Strike it', state: 'open' });

  const { promise: notesAreThere, resolve } = Promise.withResolvers<undefined>();
  const notes = inTerminal(
    'present 1 --notes',
    [
      { wait: 'Lesson 1, step 2 of 2' },
      { wait: '> $ echo on > "$LAMPS/roof"' },
      { wait: 'The lesson is done.', within: 120 },
    ],
    (awaited) => {
      if (awaited === 'The lesson is done.') resolve(undefined);
    },
  );
  await Promise.race([notesAreThere, notes]);
  const goesOn = inTerminal('present 1', [
    { wait: 'Going on at step 2, at \'echo on > "$LAMPS/roof"\'' },
    { wait: roof, press: ' ' },
    // Run again, with what it said; then the next one is typed.
    { wait: '$ echo the roof is dark\nthe roof is dark\n$ echo on > "$LAMPS/roof"', press: ' ' },
    { wait: '✔ Light the roof', press: ' ' },
    { wait: 'Lesson 1 is done' },
  ]);
  await Promise.all([notes, goesOn]);
  expect(await lamp('roof')).toBe('on\n');
  expect(await positionOf('01-two-lamps')).toMatchObject({ state: 'finished' });
  expect(await positionOf('02-a-match')).toMatchObject({ state: 'open' });
  // A presentation is nobody's progress.
  await expect(access(stateOf('progress.json'))).rejects.toMatchObject({ code: 'ENOENT' });
}, 180_000);

it('says that a position is damaged, begins at the first step, and keeps a new one', async () => {
  await mkdir(stateOf('presentations'), { recursive: true });
  await writeFile(stateOf('presentations/02-a-match.json'), 'rubbish');
  const ran = await runInFolder(folder, ['present', '2', '--auto'], environment());
  expect(ran).toMatchObject({ code: 0, error: '' });
  expect(ran.out).toContain(`could not be read from ${stateOf('presentations/02-a-match.json')}`);
  expect(ran.out).toMatch(/\$ echo it burns\nit burns\n/);
  expect(await positionOf('02-a-match')).toMatchObject({ heading: 'Strike it', state: 'finished' });
}, 30_000);
