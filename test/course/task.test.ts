import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { runTask } from '../../scripts/course/task.ts';
import { runStep } from '../../scripts/course/runner.ts';
import { task, type Prediction, type TaskStep } from '../../scripts/course/model.ts';
import { Interrupted } from '../../scripts/system/errors.ts';
import { command, FakeUi, lessonOf, page, runOf, World } from './fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function setUp(commands = [command('set lamp')], more: Partial<TaskStep> = {}) {
  const [world, ui] = [new World(), new FakeUi()];
  const step = task({ reach: [world.check('lamp')], ...more });
  const shown = page('Light', commands);
  const run = runOf(lessonOf([shown], { Light: step }), world, ui);
  return { world, ui, run, start: () => runTask(shown, step, run), shown, step };
}

it('is reached by any route: nobody typed a key', async () => {
  const { world, ui, start } = setUp();
  const running = start();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(ui.types()).toEqual(['awaiting']);
  world.holds.add('lamp');
  await vi.advanceTimersByTimeAsync(500);
  expect(await running).toEqual({ kind: 'reached' });
  expect(ui.of('step-reached')[0]).toMatchObject({ how: 'self', seconds: 3.5 });
  expect(world.ran).toEqual([]);
});

it('says so where it holds already, and runs nothing', async () => {
  const { world, ui, start } = setUp();
  world.holds.add('lamp');
  expect(await start()).toEqual({ kind: 'reached' });
  expect(ui.of('note')[0]?.text).toContain('already');
  expect(world.ran).toEqual([]);
});

it('waits for the commands where the state may hold from the start', async () => {
  const { world, ui, start } = setUp([command('set lamp')], { startsUnmet: false });
  world.holds.add('lamp');
  const running = start();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(ui.types()).not.toContain('step-reached');
  world.holds.delete('lamp');
  await vi.advanceTimersByTimeAsync(500);
  world.holds.add('lamp');
  await vi.advanceTimersByTimeAsync(500);
  expect(await running).toEqual({ kind: 'reached' });
});

it('runs the commands in order, all of them, before it counts', async () => {
  const { world, ui, start } = setUp([
    command('echo one', { on: 'w1' }),
    command('echo never', { show: true }),
    command('set lamp'),
    command('fail', { fails: true }),
    command('forever', { background: true }),
  ]);
  ui.keys = ['run'];
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(world.ran).toEqual(['w1: echo one', 'set lamp', 'fail', 'forever']);
  expect(world.ended).toEqual(['forever']);
  expect(ui.of('step-reached')[0]?.how).toBe('run-for-me');
});

it.each([
  ['fails and should not', command('fail')],
  ['works and should fail', command('echo', { fails: true })],
])('stops at a command that %s, and goes on watching', async (_, broken) => {
  const { world, ui, start } = setUp([broken, command('set lamp')]);
  ui.keys = ['run', 'quit'];
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toEqual({ kind: 'quit' });
  expect(world.ran).toHaveLength(1);
  expect(ui.of('note')[0]?.text).toContain('It stopped there');
});

it('gives three hints, the last with the solution, then one computed from what is seen', async () => {
  const { ui, start } = setUp([command('set lamp', { solution: true })]);
  ui.keys = [
    'hint',
    'hint',
    'hint',
    async () => {
      await vi.advanceTimersByTimeAsync(600);
      return 'hint' as const;
    },
    'back',
  ];
  expect(await start()).toEqual({ kind: 'back' });
  const hints = ui.of('hint').map(({ tier, text }) => `${tier} ${text}`);
  expect(hints.slice(0, 2)).toEqual(['1 observe', '2 direct']);
  expect(hints[2]).toBe('3 near\n\n```sh\nset lamp\n```');
  expect(hints[3]).toBe('4 Awaited: lamp. Right now: no lamp. Set lamp.');
});

it('skips by doing it, and says so', async () => {
  const { world, ui, start } = setUp();
  ui.keys = ['skip'];
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(world.holds.has('lamp')).toBe(true);
  expect(ui.of('step-reached')[0]?.how).toBe('skipped');
});

it('never traps: a skip goes on even where the commands do not help', async () => {
  const { ui, start } = setUp([command('echo')]);
  ui.keys = ['skip'];
  const running = start();
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(ui.of('note').at(-1)?.text).toContain('Skipped, but not reached within 20 s');
});

it('does not end while the shell has the terminal, and ends after it', async () => {
  const { world, ui, start } = setUp();
  let left = false;
  ui.keys = ['shell'];
  ui.onShell = async () => {
    world.holds.add('lamp');
    await vi.advanceTimersByTimeAsync(4_000);
    expect(ui.types()).not.toContain('step-reached');
    left = true;
  };
  const running = start();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(left).toBe(true);
});

it('keeps the tick where a key and the checks come together', async () => {
  const { world, ui, start } = setUp();
  ui.keys = [
    async () => {
      world.holds.add('lamp');
      await vi.advanceTimersByTimeAsync(600);
      return 'quit' as const;
    },
  ];
  expect(await start()).toEqual({ kind: 'reached' });
});

it('stops at Ctrl-C and leaves no timer', async () => {
  const { shown, step, run } = setUp();
  const interruption = new AbortController();
  const running = runTask(shown, step, { ...run, signal: interruption.signal });
  const ended = expect(running).rejects.toBeInstanceOf(Interrupted);
  await vi.advanceTimersByTimeAsync(700);
  interruption.abort(new Interrupted());
  await ended;
  expect(vi.getTimerCount()).toBe(0);
});

it('unattended: fails with what was seen when the deadline is over', async () => {
  const { ui, run, shown } = setUp([command('echo')]);
  ui.interactive = false;
  const running = runStep(shown, run);
  await vi.advanceTimersByTimeAsync(21_000);
  expect(await running).toEqual({
    kind: 'failed',
    why: 'not reached within 20 s. lamp: saw no lamp; wanted lamp',
  });
});

it('scores bets against what was measured, and says where it could not measure', async () => {
  const choices = [
    { value: 'a', says: 'A' },
    { value: 'b', says: 'B' },
  ];
  const predictions: Prediction[] = [
    { kind: 'choice', id: '1', question: 'Which?', choices, measure: () => Promise.resolve({ value: 'b', saw: 'b' }) },
    {
      kind: 'seconds',
      id: '2',
      question: 'How long?',
      measure: (_, { startedAt, metAt, observed }) =>
        Promise.resolve({ seconds: (metAt - startedAt) / 1000, errorSeconds: 0.5, saw: String(observed) }),
    },
    { kind: 'choice', id: '3', question: 'Why?', choices, measure: () => Promise.reject(new Error('no answer')) },
  ];
  const observe = (_: unknown, signal: AbortSignal, first: unknown): Promise<unknown> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve(`sampled after ${String(first)}`);
      });
    });
  const observeFirst = { says: 'Looking', look: () => Promise.resolve('a first look') };
  const { ui, world, start } = setUp([], { predictions, observe, observeFirst });
  ui.bet = '10';
  const running = start();
  await vi.advanceTimersByTimeAsync(8_000);
  world.holds.add('lamp');
  await vi.advanceTimersByTimeAsync(500);
  await running;
  const scores = ui.of('prediction-scored');
  expect(scores[0]).toMatchObject({ measured: 'B', right: false });
  expect(scores[1]).toMatchObject({
    said: '10 s',
    measured: '8.5 s (± 0.5 s)',
    saw: 'sampled after a first look',
    right: true,
  });
  expect(ui.of('note')[0]?.text).toContain('Not measured: Why?');
});

it('asks no bet twice that was made before the terminal was closed, and any that the page does not have any more', async () => {
  const choice = (id: string): Prediction => ({
    kind: 'choice',
    id,
    question: `${id}?`,
    choices: [
      { value: 'a', says: 'A' },
      { value: 'b', says: 'B' },
    ],
    measure: () => Promise.resolve({ value: 'b', saw: 'b' }),
  });
  const seconds: Prediction = {
    kind: 'seconds',
    id: 'how-long',
    question: 'How long?',
    measure: () => Promise.resolve({ seconds: 8, errorSeconds: 0.5, saw: 'it' }),
  };
  const { ui, world, run, shown, step } = setUp([command('set lamp')], {
    predictions: [choice('which'), seconds, choice('why'), choice('other')],
  });
  ui.keys = ['run'];
  const before = { which: 'b', 'how-long': '8', why: 'gone from the page' };
  const running = runTask(shown, step, { ...run, betsBefore: () => before });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(world.ran).toEqual(['set lamp']);
  expect(ui.of('note').map(({ text }) => text)).toEqual([
    'Your bet stands: which? B',
    'Your bet stands: How long? 8 s',
  ]);
  expect(ui.of('bet')).toEqual([
    { type: 'bet', id: 'why', said: 'a' },
    { type: 'bet', id: 'other', said: 'a' },
  ]);
  expect(ui.of('prediction-scored').map(({ said, right }) => [said, right])).toEqual([
    ['B', true],
    ['8 s', true],
    ['A', false],
    ['A', false],
  ]);
});

it('keeps no bet that nobody made', async () => {
  const { ui, start } = setUp([command('set lamp')], {
    predictions: [
      {
        kind: 'choice',
        id: 'which',
        question: 'Which?',
        choices: [{ value: 'a', says: 'A' }],
        measure: () => Promise.resolve({ value: 'a', saw: 'a' }),
      },
    ],
  });
  ui.interactive = false;
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  await running;
  expect(ui.of('bet')).toEqual([]);
  expect(ui.of('prediction-scored')).toHaveLength(1);
});

it('judges no bet by what was seen after the goal was reached: somebody was done before the last bet', async () => {
  const predictions: Prediction[] = [
    {
      kind: 'choice',
      id: '1',
      question: 'How many?',
      choices: [{ value: 'none', says: 'none' }],
      measure: (_, { observed }) =>
        observed === undefined
          ? Promise.reject(new Error('nobody came'))
          : Promise.resolve({ value: 'none', saw: '0 of 3' }),
    },
  ];
  const { ui, world, start } = setUp([], { predictions, observe: () => Promise.resolve('three visits') });
  const bet = ui.predict.bind(ui);
  ui.predict = () => {
    world.holds.add('lamp');
    return bet();
  };
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(ui.of('prediction-scored')).toEqual([]);
  expect(ui.of('note').map(({ text }) => text)).toEqual([
    'It was done before all bets were in: nobody looked on.',
    'Not measured: How many? (nobody came)',
  ]);
});

it('goes on where its first look failed, and says so', async () => {
  let given: unknown = 'not called';
  const observe = (_: unknown, __: AbortSignal, first: unknown): Promise<unknown> => Promise.resolve((given = first));
  const observeFirst = { says: 'Looking', look: () => Promise.reject(new Error('nobody answered')) };
  const { ui, world, start } = setUp([], { observe, observeFirst });
  const running = start();
  await vi.advanceTimersByTimeAsync(1_000);
  world.holds.add('lamp');
  await vi.advanceTimersByTimeAsync(1_000);
  await running;
  expect(given).toBeUndefined();
  expect(ui.of('prepared')[0]).toMatchObject({ what: 'Looking' });
  expect(ui.of('note')[0]?.text).toBe('It could not be measured: nobody answered');
});

it('keeps what somebody wrote when the step is reached, whether the work was done before or just now', async () => {
  const written = [{ question: 'What failed?', answer: 'the lamp' }];
  const answers = () => Promise.resolve(written);
  const early = setUp([], { answers });
  early.world.holds.add('lamp');
  await early.start();
  expect(early.ui.of('answers')).toEqual([{ type: 'answers', answers: written, how: 'self' }]);
  const late = setUp([command('set lamp')], { answers });
  late.ui.keys = ['run'];
  const running = late.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await running).toEqual({ kind: 'reached' });
  expect(late.ui.of('answers')).toMatchObject([{ how: 'run-for-me' }]);
});

it('is reached though the answers cannot be read', async () => {
  const { ui, world, start } = setUp([], { answers: () => Promise.reject(new Error('nobody answered')) });
  world.holds.add('lamp');
  expect(await start()).toEqual({ kind: 'reached' });
  expect(ui.of('note').at(-1)?.text).toContain('could not be kept: nobody answered');
  expect(ui.types()).toContain('step-reached');
});
