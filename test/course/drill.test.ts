import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runDrill } from '../../scripts/course/drill.ts';
import { task, type DrillStep } from '../../scripts/course/model.ts';
import { FiredrillError, Interrupted } from '../../scripts/system/errors.ts';
import {
  broken,
  command,
  FakeFaults,
  FakeUi,
  lessonOf,
  page,
  routeDrill,
  runOf,
  verdicts,
  fixed,
  World,
} from './fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp(more: (world: World) => Partial<DrillStep> = () => ({})) {
  const [world, ui] = [new World(), new FakeUi()];
  world.holds.add('route');
  const faults = new FakeFaults(world);
  const step = routeDrill(world, more(world));
  const shown = page('Drill', [command('set route', { solution: true })]);
  const interruption = new AbortController();
  const prepare = (): Promise<void> => {
    world.holds.add('route');
    return Promise.resolve();
  };
  const lesson = lessonOf([shown], { Drill: step }, { prepare });
  const run = runOf(lesson, world, ui, { faults, signal: interruption.signal });
  return { world, ui, faults, interruption, start: () => runDrill(shown, step, run) };
}

it('goes green, red, green, and counts only what held', async () => {
  const { world, ui, faults, start } = setUp();
  const startedAt = Date.now();
  const running = start();
  await vi.advanceTimersByTimeAsync(2_000);
  world.holds.add('route');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(ui.types()).not.toContain('step-reached');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await running).toEqual({ kind: 'reached' });
  const order = ['fault-injected', 'fault-bites', 'awaiting', 'step-reached'];
  expect(ui.types().filter((type) => order.includes(type))).toEqual(order);
  expect(faults).toMatchObject({ injected: 1, undone: 1 });
  // When it was first seen mended, not when that had held for long enough.
  const { by, at } = ui.of('fault-undone')[0]!;
  expect([by, Date.parse(at ?? '') - startedAt]).toEqual(['learner', 2_500]);
});

it('does not start on a fault that an earlier drill has left behind, and names the way out', async () => {
  const { ui, faults, start } = setUp();
  faults.dirty = [{ injected: broken('w2 has no power'), outcome: 'failed' }];
  const end = await start();
  expect(end.kind === 'failed' && end.why).toMatch(/w2 has no power.*npx firedrill faults undo --all/);
  faults.dirty.push({ injected: broken('all keys are gone', {}), outcome: 'needs-reset' });
  const worse = await start();
  expect(worse.kind === 'failed' && worse.why).toContain("'npx firedrill reset'");
  expect(faults.injected).toBe(0);
  expect(ui.questions).toEqual([]);
});

it('does not start on a lab that is not green: unattended it fails, a person is offered to put it back', async () => {
  const { world, ui, faults, start } = setUp();
  world.holds.delete('route');
  const running = start();
  await vi.advanceTimersByTimeAsync(32_000);
  expect(ui.questions[0]).toContain('Put the lab back');
  expect(faults.injected).toBe(1);
  ui.keys = [];
  world.holds.add('route');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await running).toEqual({ kind: 'reached' });

  const other = setUp();
  other.world.holds.delete('route');
  other.ui.interactive = false;
  const failing = other.start();
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await failing).toMatchObject({ kind: 'failed' });
  expect(other.faults.injected).toBe(0);
});

it('puts the lab back by doing the earlier steps again, where the start of the lesson would not be enough', async () => {
  const [world, ui] = [new World(), new FakeUi()];
  const pages = [
    page('Build', [command('set route', { solution: true })]),
    page('Drill', [command('set route', { solution: true })]),
  ] as const;
  const step = routeDrill(world, {});
  const build = task({ reach: [world.check('route')] });
  const run = runOf(lessonOf([...pages], { Build: build, Drill: step }), world, ui, { faults: new FakeFaults(world) });
  const running = runDrill(pages[1], step, run);
  await vi.advanceTimersByTimeAsync(32_000);
  expect(ui.questions[0]).toContain('Put the lab back');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(world.ran).toEqual(['set route']);
  expect(ui.types()).toContain('fault-bites');
  world.holds.add('route');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await running).toEqual({ kind: 'reached' });
});

it('undoes a fault that does not bite, and fails', async () => {
  const { faults, start } = setUp(() => ({ bites: [fixed(verdicts.unmet, 'it hurts')] }));
  const running = start();
  await vi.advanceTimersByTimeAsync(25_000);
  const end = await running;
  expect(end.kind === 'failed' && end.why).toContain('did not bite');
  expect(faults.undone).toBe(1);
});

it('fails where the fault itself says that it does not bite', async () => {
  const { faults, start } = setUp();
  faults.inject = () =>
    Promise.reject(new FiredrillError('It is not in force.', { code: 'fault-does-not-bite', remedy: '' }));
  expect(await start()).toMatchObject({ kind: 'failed' });
});

it('undoes the fault when the learner quits, and on Ctrl-C', async () => {
  const quitting = setUp();
  quitting.ui.keys = ['quit'];
  expect(await quitting.start()).toEqual({ kind: 'quit' });
  expect(quitting.faults.undone).toBe(1);
  expect(quitting.ui.of('fault-undone')[0]?.by).toBe('program');

  const { faults, interruption, start } = setUp();
  const ended = expect(start()).rejects.toBeInstanceOf(Interrupted);
  await vi.advanceTimersByTimeAsync(1_000);
  interruption.abort(new Interrupted());
  await ended;
  expect(faults.undone).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('renews the lease every third of its length', async () => {
  const { faults, interruption, start } = setUp();
  const running = start();
  running.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(121_000);
  expect(faults.renewed).toBe(3);
  interruption.abort(new Interrupted());
  await expect(running).rejects.toBeInstanceOf(Interrupted);
});

it('is void when the lease expired, although all looks mended, and is offered again', async () => {
  const { world, ui, faults, start } = setUp();
  faults.renewals = ['expired'];
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  // The laptop slept; the machine mended itself.
  world.holds.add('route');
  await vi.advanceTimersByTimeAsync(4_000);
  expect(ui.of('drill-void')).toHaveLength(1);
  expect(ui.of('fault-undone').map(({ by }) => by)).toEqual(['lease']);
  expect(ui.questions).toEqual(['Start the drill again?']);
  expect(ui.types()).not.toContain('step-reached');
  await vi.advanceTimersByTimeAsync(1_000);
  world.holds.add('route');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(faults.injected).toBe(2);
});

it('forgives a renewal without an answer, but not a whole lease of them', async () => {
  const { ui, faults, start } = setUp();
  const lost = new Error('machine unreachable');
  faults.renewals = [lost, 'held', lost, lost, lost, lost];
  ui.answers = ['quit'];
  const running = start();
  await vi.advanceTimersByTimeAsync(170_000);
  expect(ui.types()).not.toContain('drill-void');
  await vi.advanceTimersByTimeAsync(80_000);
  expect(await running).toEqual({ kind: 'quit' });
  expect(ui.of('drill-void')).toHaveLength(1);
});

it('is not reached where something was lost on the way', async () => {
  const { world, ui, faults, start } = setUp(() => ({ unharmed: [fixed(verdicts.unmet, 'the message is there')] }));
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  world.holds.add('route');
  await vi.advanceTimersByTimeAsync(40_000);
  const end = await running;
  expect(end.kind === 'failed' && end.why).toContain('the message is there');
  expect(ui.types()).not.toContain('step-reached');
  expect(faults.undone).toBe(1);
});

it('skips by mending, and undoes the fault where the commands do not mend it', async () => {
  const { world, ui, faults, start } = setUp();
  ui.keys = ['skip'];
  const running = start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(world.ran).toEqual(['set route']);
  expect(faults.undone).toBe(1);
  expect(ui.of('step-reached')[0]?.how).toBe('skipped');
  expect(ui.of('fault-undone')[0]?.by).toBe('program');
});

it('unattended: mends with the page, and a second void drill fails it', async () => {
  const good = setUp();
  good.ui.interactive = false;
  const running = good.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await running).toEqual({ kind: 'reached' });

  const bad = setUp();
  bad.ui.interactive = false;
  bad.faults.renewals = ['expired', 'expired'];
  const failing = bad.start();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await failing).toMatchObject({ kind: 'failed' });
  expect(bad.faults.injected).toBe(2);
});
