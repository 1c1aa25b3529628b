import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Check, Verdict } from '../../scripts/checks/verdict.ts';
import { read, task, type Page, type Step } from '../../scripts/course/model.ts';
import { checksOfEnd } from '../../scripts/course/prepare.ts';
import { runLesson } from '../../scripts/course/runner.ts';
import { Interrupted } from '../../scripts/system/errors.ts';
import { command, FakeUi, fixed, lessonOf, page, routeDrill, runOf, verdicts, World } from './fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Answers each look with the next verdict; the last one stays. */
class Scripted {
  looks = 0;
  verdicts: Verdict[] = [];
  readonly check: Check = {
    claim: 'data',
    look: () => {
      this.looks += 1;
      return Promise.resolve((this.verdicts.length > 1 ? this.verdicts.shift() : this.verdicts[0]) ?? verdicts.met);
    },
  };
}

const readMore = page('Read more');
const reading = { 'Read more': read };

/** A lesson with the drill first, up to the drill's "Go on?". `answer` answers the question that is open. */
async function atGoOn(more: (world: World) => { pages?: Page[]; steps?: Record<string, Step> } = () => ({})) {
  const [world, ui, data, interruption] = [new World(), new FakeUi(), new Scripted(), new AbortController()];
  world.holds.add('route');
  const { pages = [], steps = {} } = more(world);
  const Drill = routeDrill(world, { unharmed: [data.check] });
  const lesson = lessonOf([page('Drill', [command('set route')]), ...pages], { Drill, ...steps });
  const open: ((answer: 'next' | 'back' | 'quit') => void)[] = [];
  ui.next = (question) => {
    ui.questions.push(question);
    return new Promise((resolve) => open.push(resolve));
  };
  ui.keys = ['run'];
  const running = runLesson(runOf(lesson, world, ui, { signal: interruption.signal }));
  // Up to the moment at which it is reached: then two seconds are left until the first look.
  for (let rounds = 0; rounds < 20 && ui.questions.length === 0; rounds += 1) await pass(0.5);
  expect(ui.questions).toEqual(['Go on?']);
  const answer = async (given: 'next' | 'back' | 'quit'): Promise<void> => {
    open.shift()?.(given);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { world, ui, data, running, answer, interruption };
}

const opened = (ui: FakeUi): string[] => ui.of('step-opened').map(({ page: { heading } }) => heading);
const amber = (ui: FakeUi) => ui.of('tick-turned-amber');
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

describe('a drill that was reached', () => {
  it('is looked at further, and nothing is said where it holds', async () => {
    const { ui, data, running, answer } = await atGoOn();
    const before = data.looks;
    await pass(20);
    expect(data.looks).toBe(before + 10);
    await answer('next');
    expect(await running).toBe('finished');
    expect(amber(ui)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('turns amber once, where a claim is unmet in two looks in a row', async () => {
    const { world, ui, running, answer } = await atGoOn();
    world.holds.delete('route');
    await pass(3);
    expect(amber(ui)).toEqual([]);
    await pass(2);
    const lost = { claim: 'route', verdict: { kind: 'unmet', saw: 'no route' } };
    expect(amber(ui)).toMatchObject([{ lesson: { id: '09-fake' }, page: { heading: 'Drill' }, ...lost }]);
    world.holds.add('route');
    await pass(4);
    world.holds.delete('route');
    await pass(20);
    expect(amber(ui)).toHaveLength(1);
    await answer('quit');
    expect(await running).toBe('quit');
  });

  it('turns amber for what must be unharmed, too', async () => {
    const { ui, data } = await atGoOn();
    data.verdicts = [verdicts.unmet];
    await pass(4);
    expect(amber(ui)).toMatchObject([{ claim: 'data' }]);
  });

  it('does not turn amber where nobody can tell, nor for one bad sample', async () => {
    const { ui, data } = await atGoOn();
    const { met, unmet, unknown } = verdicts;
    data.verdicts = [unmet, met, unmet, unknown, unmet, unknown];
    await pass(40);
    expect(data.verdicts).toEqual([unknown]);
    expect(amber(ui)).toEqual([]);
  });

  it('needs the same claim twice', async () => {
    const { world, ui, data } = await atGoOn();
    data.verdicts = [verdicts.unmet, verdicts.met];
    await pass(2);
    world.holds.delete('route');
    await pass(2);
    expect(amber(ui)).toEqual([]);
  });

  it('is looked at on pages that are only read, and no longer from the first that has commands', async () => {
    const { world, ui, data, answer } = await atGoOn(() => ({
      pages: [readMore, page('Try it', [command('unset route')])],
      steps: { ...reading, 'Try it': read },
    }));
    await answer('next');
    const before = data.looks;
    await pass(10);
    expect(data.looks).toBe(before + 5);
    await answer('next');
    expect(opened(ui)).toEqual(['Drill', 'Read more', 'Try it']);
    world.holds.delete('route');
    await pass(10);
    expect(data.looks).toBe(before + 5);
    expect(amber(ui)).toEqual([]);
  });

  it('is no longer looked at once a task begins', async () => {
    const { world, ui, data, answer, interruption, running } = await atGoOn((made) => ({
      pages: [page('One')],
      steps: { One: task({ reach: [made.check('one')] }) },
    }));
    await answer('next');
    const before = data.looks;
    world.holds.delete('route');
    await pass(10);
    expect(opened(ui)).toEqual(['Drill', 'One']);
    expect([data.looks, amber(ui)]).toEqual([before, []]);
    interruption.abort(new Interrupted());
    await expect(running).rejects.toBeInstanceOf(Interrupted);
  });

  it('does not turn amber by what the next drill breaks', async () => {
    const { world, ui, data, answer, interruption, running } = await atGoOn((made) => ({
      pages: [readMore, page('Again')],
      steps: { ...reading, Again: routeDrill(made) },
    }));
    await answer('next');
    await answer('next');
    const before = data.looks;
    await pass(20);
    expect(ui.of('fault-bites')).toHaveLength(2);
    expect(world.holds.has('route')).toBe(false);
    expect(data.looks).toBe(before);
    expect(amber(ui)).toEqual([]);
    interruption.abort(new Interrupted());
    await expect(running).rejects.toBeInstanceOf(Interrupted);
  });

  it.each(['back', 'quit'] as const)('is not looked at after %s', async (leaves) => {
    const { data, answer } = await atGoOn(() => ({
      pages: [readMore, page('More')],
      steps: { ...reading, More: read },
    }));
    await answer('next');
    await answer('next');
    const before = data.looks;
    await answer(leaves);
    await pass(10);
    expect(data.looks).toBe(before);
  });

  it('is not looked at after Ctrl-C, and a look under way is left', async () => {
    const { ui, data, interruption } = await atGoOn();
    const stuck = vi.spyOn(data.check, 'look').mockReturnValue(new Promise(() => undefined));
    await pass(2);
    expect(stuck).toHaveBeenCalledTimes(1);
    interruption.abort(new Interrupted());
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(amber(ui)).toEqual([]);
  });

  it('does not keep the learner waiting for a look under way', async () => {
    const { data, running, answer } = await atGoOn();
    vi.spyOn(data.check, 'look').mockReturnValue(new Promise(() => undefined));
    await pass(2);
    await answer('next');
    expect(await running).toBe('finished');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not end the lesson where the look itself breaks', async () => {
    const { world, ui, running, answer } = await atGoOn();
    const told = vi.spyOn(ui, 'emit').mockImplementationOnce(() => {
      throw new Error('the terminal is gone');
    });
    world.holds.delete('route');
    await pass(10);
    expect(told).toHaveBeenCalledTimes(1);
    await answer('next');
    expect(await running).toBe('finished');
  });

  it('is checked for the same from outside: what recovered, and what is unharmed', () => {
    const world = new World();
    const steps = {
      Drill: routeDrill(world, { unharmed: [fixed(verdicts.met, 'data')] }),
      One: task({ reach: [world.check('one')] }),
    };
    const claims = (heading: string) => checksOfEnd(lessonOf([], steps), page(heading)).map(({ claim }) => claim);
    expect(['Drill', 'One', 'Read'].map(claims)).toEqual([['route', 'data'], ['one'], []]);
  });

  it('is not looked at in an unattended run', async () => {
    const [world, ui] = [new World(), new FakeUi()];
    world.holds.add('route');
    ui.interactive = false;
    let answer: () => void = () => undefined;
    ui.next = () =>
      new Promise((resolve) => {
        answer = () => {
          resolve('next');
        };
      });
    const pages = [page('Drill', [command('set route')])];
    const running = runLesson(runOf(lessonOf(pages, { Drill: routeDrill(world) }), world, ui));
    await pass(6);
    expect(ui.types()).toContain('step-reached');
    expect(vi.getTimerCount()).toBe(0);
    answer();
    expect(await running).toBe('finished');
  });
});
