import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadedLesson } from '../../scripts/course/model.ts';
import { runLesson, type LessonEnd } from '../../scripts/course/runner.ts';
import type { Position } from '../../scripts/present/position.ts';
import { createPresenterUi, type PresenterOptions } from '../../scripts/present/presenter-ui.ts';
import { command, FakeFaults, lessonOf, page, routeDrill, World } from '../course/fakes.ts';
import { FakeInput, FakeOutput } from '../ui/fake-terminal.ts';

let world: World;
let input: FakeInput;
let output: FakeOutput;
let positions: Position[];
let opened: Record<string, string>[];
let faults: FakeFaults;

beforeEach(() => {
  world = new World();
  input = new FakeInput();
  output = new FakeOutput();
  positions = [];
  opened = [];
  faults = new FakeFaults(world);
});
afterEach(() => {
  input.destroy();
});

const lesson = (): LoadedLesson =>
  lessonOf(
    [
      page('Look', [command('look around')]),
      page('Light it', [command('set lamp', { solution: true }), command('set hall')]),
    ],
    { Look: { kind: 'read' }, 'Light it': { kind: 'task', reach: [world.check('hall')] } },
  );

function present(shown: LoadedLesson, more: Partial<PresenterOptions> = {}): Promise<LessonEnd> {
  const { signal } = new AbortController();
  const ui = createPresenterUi({
    ...{ input, output, colour: false, auto: false, types: true, signal },
    environment: () => ({ LAB: 'fake' }),
    positions: { keep: (position) => positions.push(position) },
    rhythm: { sleep: () => Promise.resolve(), random: () => 0 },
    openShell: (environment) => {
      opened.push(environment);
      return Promise.resolve(0);
    },
    ...more,
  });
  const run = { lesson: shown, ui, lab: world.lab, faults, signal, patienceSeconds: 5, doesAgain: true };
  return runLesson(run).finally(() => {
    ui.close();
  });
}

/** Presses a key once the end of the screen is this; then what came before does not count again. */
async function press(key: string, when: string): Promise<void> {
  await vi.waitFor(
    () => {
      expect(output.text.trimEnd()).toMatch(new RegExp(`${when}$`));
      expect(input.raw).toBe(true);
    },
    { interval: 5 },
  );
  // The next question is asked after what is on the screen.
  await new Promise(setImmediate);
  output.raw += '\n--\n';
  input.write(key);
}

describe('a presentation', () => {
  it('types each command on a key press, runs it on the next, and goes on', async () => {
    const end = present(lesson());
    await press(' ', 'Step 1 of 2: Look');
    await press('\u001b[6~', '\\$ look around');
    expect(world.ran).toEqual([]);
    await press(' ', '--');
    expect(world.ran).toEqual(['look around']);
    await press(' ', 'Step 2 of 2: Light it');
    await press(' ', '\\$ set lamp');
    await press(' ', '\\$');
    await press(' ', 'set hall');
    await press(' ', '✔ Light it');
    expect(await end).toBe('finished');
    expect(world.ran).toEqual(['look around', 'set lamp', 'set hall']);
    expect(output.text).not.toContain('observe');
    expect(positions.map(({ heading, state }) => `${heading} ${state}`)).toEqual([
      ...['Look open', 'Look open', 'Look reached', 'Light it open', 'Light it open', 'Light it open'],
      ...['Light it reached', 'Light it finished'],
    ]);
  });

  it('leaves the script for a shell and comes back to the same command', async () => {
    const end = present(lesson());
    await press(' ', 'Look');
    await press('s', '\\$ look around');
    await press('q', '\\$ look around');
    expect(await end).toBe('quit');
    expect(opened).toEqual([{ LAB: 'fake' }]);
    expect(world.ran).toEqual([]);
    expect(input.raw).toBe(false);
  });

  it('steps back in the middle of a step, and shows again what was reached', async () => {
    world.holds.add('hall');
    const end = present(lesson());
    await press(' ', 'Look');
    await press(' ', '\\$ look around');
    await press(' ', '--');
    await press(' ', 'Step 2 of 2: Light it');
    await press('b', '\\$ set lamp');
    await press('q', 'Step 1 of 2: Look');
    expect(await end).toBe('quit');
    expect(world.ran).toEqual(['look around']);
  });
});

describe('a presentation that was stopped in the middle of a step', () => {
  const three = (): LoadedLesson =>
    lessonOf([page('Light it', [command('set lamp'), command('set hall'), command('set roof')])], {
      'Light it': { kind: 'task', reach: [world.check('roof')] },
    });

  it('goes on at its command: those before are run again, and not typed', async () => {
    const end = present(three(), { goOnAt: 'set hall' });
    await press(' ', 'Step 1 of 1: Light it');
    await press(' ', '\\$ set hall');
    expect(world.ran).toEqual(['set lamp']);
    await press(' ', '\\$');
    expect(world.ran).toEqual(['set lamp', 'set hall']);
    await press(' ', 'set roof');
    await press(' ', '✔ Light it');
    expect(await end).toBe('finished');
    // Stopped again before a key was pressed, it is still known where.
    expect(positions[0]).toMatchObject({ heading: 'Light it', state: 'open', command: 'set hall' });
  });

  it('types all of them again where the presenter wants that', async () => {
    const failing = lessonOf([page('Look', [command('fail'), command('set hall')])], { Look: { kind: 'read' } });
    const end = present(failing, { goOnAt: 'set hall' });
    await press(' ', 'Step 1 of 1: Look');
    await press('r', 'It stopped there: .*');
    await press('q', '\\$ fail');
    expect(await end).toBe('quit');
  });
});

describe('a rehearsal', () => {
  it('shows what the commands really say', async () => {
    const saying = lessonOf([page('Look', [command('say three nodes are Ready')])], { Look: { kind: 'read' } });
    expect(await present(saying, { auto: true, types: false })).toBe('finished');
    const lines = output.text.split('\n').map((line) => line.trim());
    expect(lines).toContain('$ say three nodes are Ready');
    expect(lines).toContain('three nodes are Ready');
  });

  it('presses no key, breaks what the drill breaks, and puts it back', async () => {
    world.holds.add('route');
    const drill = lessonOf([page('Cut', [command('set route', { solution: true })])], {
      Cut: routeDrill(world, { holdSeconds: 0 }),
    });
    expect(await present(drill, { auto: true, types: false })).toBe('finished');
    expect(output.text).toContain('FAULT ON');
    expect(output.text).toContain('$ set route');
    expect([faults.injected, faults.undone]).toEqual([1, 1]);
    expect(positions.at(-1)).toMatchObject({ lesson: '09-fake', heading: 'Cut', state: 'finished' });
  });

  it('ends as failed where a command does not work', async () => {
    const broken = lessonOf([page('Look', [command('fail')])], { Look: { kind: 'read' } });
    expect(await present(broken, { auto: true, types: false })).toBe('failed');
  });
});
