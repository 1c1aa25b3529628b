import { render } from '@inquirer/testing';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interrupted } from '../../scripts/system/errors.ts';
import { askSeconds, choose, confirm, parseSeconds, type PromptIo } from '../../scripts/ui/ask.ts';
import { chooseLesson, lessonLines, type MenuLesson } from '../../scripts/ui/menu.ts';
import { FakeOutput } from './fake-terminal.ts';

const choices = [
  { value: 'all', says: 'Everybody' },
  { value: 'none', says: 'Nobody' },
] as const;

/** A prompt of ours as @inquirer/testing wants it. */
const asPrompt =
  <T>(ask: (io: PromptIo) => Promise<T>) =>
  (_config: object, context?: unknown) =>
    ask({ ...(context as PromptIo), accessible: false });

describe('at a terminal', () => {
  // On a dumb one Node's readline knows no backspace; the program then asks as in accessible mode.
  beforeEach(() => {
    vi.stubEnv('TERM', 'xterm');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('chooses with the arrows', async () => {
    const { answer, events, getScreen } = await render(
      asPrompt((io) => choose('Who answers?', choices, io)),
      {},
    );
    expect(getScreen()).toContain('Everybody');
    events.keypress('down');
    events.keypress('enter');
    await expect(answer).resolves.toBe('none');
  });

  it('breaks a long question between words', async () => {
    const question = 'A visitor comes in through w1, and each time over a new connection: how many of her visits fail?';
    const { answer, events, getScreen } = await render(
      asPrompt((io) => choose(question, choices, { ...io, output: Object.assign(io.output, { columns: 80 }) })),
      {},
    );
    expect(getScreen()).toContain(
      '? A visitor comes in through w1, and each time over a new connection:\n  how many of her visits fail?',
    );
    events.keypress('enter');
    await expect(answer).resolves.toBe('all');
  });

  it('puts an answer that does not fit behind its question on lines of its own', async () => {
    const question =
      'One member that does not lead fails. A client that knows all members writes on. What happens to its writes?';
    const says = 'every write is confirmed within a second, whoever it was sent to, because a majority is there';
    const { answer, events, getScreen } = await render(
      asPrompt((io) =>
        choose(question, [{ value: 1, says }], { ...io, output: Object.assign(io.output, { columns: 80 }) }),
      ),
      {},
    );
    events.keypress('enter');
    await expect(answer).resolves.toBe(1);
    expect(getScreen().split('\n').slice(1)).toEqual([
      '  writes on. What happens to its writes?',
      '  every write is confirmed within a second, whoever it was sent to, because a',
      '  majority is there',
    ]);
  });

  it('refuses what is no time, with a message', async () => {
    const { answer, events, getScreen } = await render(
      asPrompt((io) => askSeconds('How long?', io)),
      {},
    );
    events.type('soon');
    events.keypress('enter');
    await vi.waitFor(() => {
      expect(getScreen()).toContain('Please type a number of seconds from 0 to 3600, such as 30.');
    });
    for (let key = 0; key < 'soon'.length; key++) events.keypress('backspace');
    events.type('1,5 s');
    events.keypress('enter');
    await expect(answer).resolves.toBe(1.5);
  });

  it('is interrupted by its signal', async () => {
    const stop = new AbortController();
    const input = new PassThrough();
    const answer = confirm('Do it?', { input, output: new FakeOutput(), signal: stop.signal, accessible: false });
    stop.abort();
    await expect(answer).rejects.toBeInstanceOf(Interrupted);
  });
});

describe('in accessible mode', () => {
  function typed(...lines: string[]) {
    const input = new PassThrough();
    const output = new FakeOutput();
    // One line a question, as a person types it: answered when it is asked.
    const write = output.write.bind(output);
    output.write = ((chunk: string) => {
      if (chunk.endsWith(': ')) {
        const line = lines.shift();
        setImmediate(() => (line === undefined ? input.end() : input.write(`${line}\n`)));
      }
      return write(chunk);
    }) as typeof output.write;
    return { io: { input, output, accessible: true }, output };
  }

  it('takes a number, and asks again after nonsense', async () => {
    const { io, output } = typed('3', 'none', '2');
    await expect(choose('Who answers?', choices, io)).resolves.toBe('none');
    expect(output.raw).toMatchInlineSnapshot(`
      "Who answers?
        1. Everybody
        2. Nobody
      Type a number from 1 to 2: Please type a number from 1 to 2.
      Type a number from 1 to 2: Please type a number from 1 to 2.
      Type a number from 1 to 2: "
    `);
  });

  it('takes yes, no and Enter', async () => {
    await expect(confirm('Do it?', typed('perhaps', 'y').io, false)).resolves.toBe(true);
    await expect(confirm('Do it?', typed('').io, false)).resolves.toBe(false);
  });

  it('is interrupted when the input ends', async () => {
    await expect(askSeconds('How long?', typed().io)).rejects.toBeInstanceOf(Interrupted);
  });

  it('lists the lessons by number', async () => {
    const { io, output } = typed('2');
    await expect(chooseLesson(lessons, io)).resolves.toBe(2);
    expect(output.raw).toMatchInlineSnapshot(`
      "Which lesson?
        1. Boot up a cluster (15 min, done)
        2. Run an app (20 min, partly)
        3. Understand the network, from the pod to the wire (5 min)
        4. Leave
      Type a number from 1 to 4: "
    `);
  });

  it('names the lesson where its number is not that of its line', async () => {
    const { io, output } = typed('1');
    await expect(chooseLesson(lessons.slice(1), io)).resolves.toBe(2);
    expect(output.raw).toContain('  1. Lesson 2: Run an app (20 min, partly)');
  });

  it('breaks what is too long at spaces', async () => {
    const { io, output } = typed('y');
    Object.assign(output, { columns: 30 });
    await expect(confirm('This lesson needs the lab, and it is not up. Boot it now?', io)).resolves.toBe(true);
    expect(output.raw.split('\n')).toEqual([
      'This lesson needs the',
      'lab, and it is not up.',
      'Boot it now? (yes or no,',
      'Enter is yes): ',
    ]);
  });
});

const lessons: MenuLesson[] = [
  { number: 1, title: 'Boot up a cluster', minutes: 15, done: 'done' },
  { number: 2, title: 'Run an app', minutes: 20, done: 'partly' },
  { number: 3, title: 'Understand the network, from the pod to the wire', minutes: 5, done: 'not yet' },
];

it('shows what a lesson costs and what is done, at 60 columns', () => {
  expect(lessonLines(lessons, 60).join('\n')).toMatchInlineSnapshot(`
    "01  Boot up a cluster                         15 min  done
    02  Run an app                                20 min  partly
    03  Understand the network, from the pod to…   5 min  —"
  `);
  expect(Math.max(...lessonLines(lessons, 60).map((line) => line.length))).toBeLessThanOrEqual(60);
});

it('says in words, and in amber, what was lost again', () => {
  const lost = lessons.map((lesson) => ({ ...lesson, lostAgain: lesson.number === 1 }));
  expect(lessonLines(lost, 60).join('\n')).toMatchInlineSnapshot(`
    "01  Boot up a cluster               15 min  done, lost again
    02  Run an app                      20 min  partly
    03  Understand the network, from …   5 min  —"
  `);
  const [first, second] = lessonLines(lost, 60, true);
  expect(first).toMatch(/\u001b\[33mdone, lost again\u001b\[39m$/);
  expect(second).not.toContain('\u001b');
  expect(Math.max(...lessonLines(lost, 60).map((line) => line.length))).toBeLessThanOrEqual(60);
});

it.each([
  ['30', 30],
  [' 1,5 s ', 1.5],
  ['2 min', 120],
  ['', undefined],
  ['-3', undefined],
  ['1e9', undefined],
  ['3601', undefined],
])('reads %j as %s seconds', (answer, seconds) => {
  expect(parseSeconds(answer)).toBe(seconds);
});
