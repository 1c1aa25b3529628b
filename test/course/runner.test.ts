import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { read, task, type AppOptions, type Lesson } from '../../scripts/course/model.ts';
import { runLesson } from '../../scripts/course/runner.ts';
import { command, FakeUi, fixed, lessonOf, page, routeDrill, runOf, verdicts, World } from './fakes.ts';
import { labThatKeeps } from './lab-that-keeps.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp(definition: (world: World) => Partial<Lesson> = () => ({})) {
  const [world, ui] = [new World(), new FakeUi()];
  world.holds.add('route');
  const pages = [
    page('Read', [command('echo read')]),
    page('One', [command('set one')]),
    page('Two', [command('set two')]),
    page('Drill', [command('set route')]),
  ];
  const steps = {
    Read: read,
    One: task({ reach: [world.check('one')] }),
    Two: task({ reach: [world.check('two')] }),
    Drill: routeDrill(world),
  };
  const lesson = lessonOf(pages, steps, definition(world));
  return { world, ui, run: runOf(lesson, world, ui) };
}

const opened = (ui: FakeUi): string[] => ui.of('step-opened').map(({ page: { heading } }) => heading);

it('runs a whole lesson unattended: every command, every step', async () => {
  const { world, ui, run } = setUp();
  ui.interactive = false;
  const running = runLesson(run);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await running).toBe('finished');
  expect(world.ran).toEqual(['echo read', 'set one', 'set two', 'set route']);
  expect(ui.of('step-reached').map(({ how }) => how)).toEqual(['read', 'run-for-me', 'run-for-me', 'run-for-me']);
  expect(ui.of('lesson-finished')).toHaveLength(1);
});

it('unattended: stops at the first step that fails', async () => {
  const { ui, world, run } = setUp();
  ui.interactive = false;
  const pages = [page('One', [command('fail')]), page('Two', [command('set two')])];
  const steps = { One: task({ reach: [world.check('one')] }), Two: task({ reach: [world.check('two')] }) };
  const running = runLesson({ ...run, lesson: lessonOf(pages, steps) });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toBe('failed');
  expect(ui.of('step-failed')[0]?.why).toBe("the command 'fail' (line 1 of the page) failed (exit code 1)");
  expect(opened(ui)).toEqual(['One']);
});

it('goes back, and quits', async () => {
  const { ui, run } = setUp();
  ui.answers = ['next', 'quit'];
  ui.keys = ['back'];
  expect(await runLesson(run)).toBe('quit');
  expect(opened(ui)).toEqual(['Read', 'One', 'Read']);
});

it('lets a person go on after a step that failed, which is not counted as reached', async () => {
  const { ui, world, run } = setUp();
  const pages = [page('Drill'), page('Read')];
  const steps = { Drill: routeDrill(world, { bites: [fixed(verdicts.unmet)] }), Read: read };
  ui.answers = ['next', 'quit'];
  const running = runLesson({ ...run, lesson: lessonOf(pages, steps) });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await running).toBe('quit');
  expect(ui.questions).toEqual(['This step did not work here. Go on without it?', 'Go on?']);
  expect(ui.of('step-failed')).toHaveLength(1);
  expect(ui.types()).not.toContain('step-reached');
});

it('prepares and proves the baseline before the first step, and does not start without it', async () => {
  const order: string[] = [];
  const { ui, run } = setUp((world) => ({
    cleanUp: () => Promise.resolve(void order.push('clean')),
    prepare: () => Promise.resolve(void order.push('prepare')),
    baseline: [world.check('app')],
  }));
  const failing = expect(runLesson(run)).rejects.toMatchObject({ code: 'baseline-not-met' });
  await vi.advanceTimersByTimeAsync(25_000);
  await failing;
  expect(order).toEqual(['clean', 'prepare']);
  expect(opened(ui)).toEqual([]);
});

it.each([
  ['leaves an app running, and asks it itself', true],
  ['has an app removed', false],
])('%s, where it is as it was made: %s', async (_, isAsMade) => {
  const cleaned: unknown[] = [];
  const { lab: withEtcd, kept } = labThatKeeps();
  const { ui, run } = setUp((world) => {
    world.holds.add('baseline');
    Object.assign(world.lab, withEtcd);
    return {
      keeps: () => Promise.resolve(isAsMade ? { paths: [], labels: [], proof: [world.check('proof')] } : undefined),
      cleanUp: (_lab, options) => Promise.resolve(void cleaned.push(options)),
      baseline: [world.check('baseline')],
    };
  });
  ui.keys = ['quit'];
  const running = runLesson(run).catch((error: unknown) => (error as Error).message);
  await vi.advanceTimersByTimeAsync(25_000);
  const end = await running;
  expect(cleaned).toEqual([{ keepsApp: isAsMade }]);
  if (isAsMade) expect(end).toMatch(/cannot start. It needs: proof/);
  else expect(end).toBe('quit');
  // Only a start that was proven.
  expect(kept()).toBe(!isAsMade);
});

it('has what another lesson left removed first, with the app that both need, and notes that this one begins', async () => {
  const done: string[] = [];
  const { lab } = labThatKeeps();
  const cleans = (name: string) => (_: unknown, options?: AppOptions) =>
    Promise.resolve(void done.push(`${name} ${JSON.stringify(options)}`));
  const { ui, run } = setUp((world) => {
    world.holds.add('baseline');
    Object.assign(world.lab, lab);
    const keeps = () => Promise.resolve({ paths: [], labels: [], proof: [] });
    return { keeps, cleanUp: cleans('this'), baseline: [world.check('baseline')] };
  });
  const other = { ...lessonOf([], {}, { cleanUp: cleans('other') }), id: '03-other', number: 3 };
  ui.keys = ['quit'];
  const running = runLesson({ ...run, begunBefore: () => Promise.resolve(other) });
  await vi.advanceTimersByTimeAsync(5_000);
  await running;
  expect(done).toEqual(['other {"keepsApp":true}', 'this {"keepsApp":true}']);
  expect(ui.of('preparing').map(({ what }) => what)[0]).toBe('Removing what lesson 3 left');
  expect(readFileSync(join(lab.folder, 'lesson-begun'), 'utf8')).toBe('09-fake\n');
});

it('resumes where the lab is as it was left, and touches nothing', async () => {
  const { world, ui, run } = setUp(() => ({ prepare: () => Promise.reject(new Error('not called')) }));
  world.holds.add('one');
  ui.keys = ['quit'];
  expect(await runLesson(run, 2)).toBe('quit');
  expect(opened(ui)).toEqual(['Two']);
  expect(world.ran).toEqual([]);
});

it('resumes on a lab that was reset by doing the earlier steps again', async () => {
  const { world, ui, run } = setUp();
  ui.interactive = false;
  const running = runLesson(run, 2);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await running).toBe('finished');
  expect(opened(ui)).toEqual(['Two', 'Drill']);
  expect(world.ran).toEqual(['set one', 'set two', 'set route']);
});

it('begins at a drill only where what it needs is there, not only what was reached last', async () => {
  const { world, ui, run } = setUp((made) => ({ prepare: () => Promise.resolve(void made.holds.add('route')) }));
  ui.interactive = false;
  world.holds.add('two');
  // The drill needs it, and the step before it says nothing of it.
  world.holds.delete('route');
  const running = runLesson(run, 3);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await running).toBe('finished');
  expect(opened(ui)).toEqual(['Drill']);
  expect(world.ran).toEqual(['set one', 'set two', 'set route']);
});

it('runs the commands of a page to read when asked', async () => {
  const { world, ui, run } = setUp();
  ui.answers = ['run', 'shell', 'next'];
  ui.keys = ['quit'];
  expect(await runLesson(run)).toBe('quit');
  expect(world.ran).toEqual(['echo read']);
});
