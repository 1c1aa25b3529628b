import { afterEach, describe, expect, it, vi } from 'vitest';
import { met, unmet } from '../../scripts/checks/verdict.ts';
import { createTerminalUi } from '../../scripts/ui/terminal.ts';
import { awaitingReady, command, lesson, opened, page } from './examples.ts';
import { FakeInput, FakeOutput } from './fake-terminal.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Options {
  columns?: number;
  rows?: number;
  accessible?: boolean;
  colour?: boolean;
  signal?: AbortSignal;
  interrupt?: () => void;
}

function terminal(options: Options = {}) {
  const input = new FakeInput();
  const output = new FakeOutput(options.columns, options.rows);
  const interrupt = vi.fn(options.interrupt);
  const openShell = vi.fn(() => Promise.resolve(0));
  const { accessible = false, colour = false, signal } = options;
  const ui = createTerminalUi({ input, output, accessible, colour, interrupt, openShell, signal });
  closers.push(() => {
    ui.close();
  });
  return { input, output, interrupt, openShell, ui };
}

const never = new AbortController().signal;

describe('keys of an open task', () => {
  it.each([
    ['r', 'run'],
    ['s', 'shell'],
    ['h', 'hint'],
    ['k', 'skip'],
    ['b', 'back'],
    ['q', 'quit'],
    ['Q', 'quit'],
    ['\u0004', 'quit'],
  ])('%j means %s, and the terminal is given back', async (key, meaning) => {
    const { input, ui } = terminal();
    const pressed = ui.taskKey(never);
    expect(input.raw).toBe(true);
    input.write(key);
    await expect(pressed).resolves.toBe(meaning);
    expect(input.raw).toBe(false);
  });

  it('explains itself at ? and at Enter, and runs nothing by accident', async () => {
    const { input, output, ui } = terminal();
    const pressed = ui.taskKey(never);
    input.write('\r?x \u001b[A');
    input.write('h');
    await expect(pressed).resolves.toBe('hint');
    expect(output.text.split('run the commands of this step for me')).toHaveLength(3);
  });

  it('rejects with the reason when the checks were met, and leaves raw mode', async () => {
    const { input, output, ui } = terminal();
    const open = new AbortController();
    const pressed = ui.taskKey(open.signal);
    const reason = new Error('met');
    open.abort(reason);
    await expect(pressed).rejects.toBe(reason);
    expect(input.raw).toBe(false);
    expect(input.listenerCount('keypress')).toBe(0);
    const before = output.raw;
    input.write('r');
    expect(output.raw).toBe(before);
  });

  it('rejects at once where the signal was aborted before', async () => {
    const { input, ui } = terminal();
    await expect(ui.taskKey(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(input.raw).toBe(false);
  });

  it('makes Ctrl-C the interrupt that raw mode takes from it', async () => {
    const { input, interrupt, ui } = terminal();
    const open = new AbortController();
    const pressed = ui.taskKey(open.signal);
    interrupt.mockImplementation(() => {
      open.abort(new Error('interrupted'));
    });
    input.write('\u0003');
    await expect(pressed).rejects.toThrow('interrupted');
  });

  it('quits when the input ends', async () => {
    const { input, ui } = terminal();
    const pressed = ui.taskKey(never);
    input.end();
    await expect(pressed).resolves.toBe('quit');
  });
});

describe('the live line', () => {
  it('names the step, what is awaited, what was seen, and the keys, at 60 columns', () => {
    const { output, ui } = terminal({ columns: 60 });
    ui.emit(opened);
    ui.emit(awaitingReady);
    void ui.taskKey(never);
    ui.emit(awaitingReady);
    const live = output.text.slice(output.text.lastIndexOf('Step 2 of 5')).split('\n');
    expect(live).toEqual([
      'Step 2 of 5: Look at the nodes',
      '  Waiting: node w1 is Ready',
      '  Last seen: NotReady',
      '[r] run  [s] shell  [h] hint  [k] skip  [b] back  [q] quit',
      '[p] page  [?] help',
    ]);
  });

  it('shows the page of the step once more, while the task goes on', async () => {
    const { input, output, ui } = terminal();
    ui.emit(opened);
    ui.emit({ type: 'note', text: 'a lot was said since' });
    const pressed = ui.taskKey(never);
    input.write('p');
    await vi.waitFor(() => {
      expect(output.text.slice(output.text.indexOf('a lot was said since'))).toContain('kubectl get nodes');
    });
    input.write('h');
    await expect(pressed).resolves.toBe('hint');
  });

  it('swallows keys while nobody asks, so that they answer nothing later', async () => {
    const { input, ui } = terminal();
    ui.emit({ type: 'preparing', what: 'Prove the baseline' });
    expect(input.raw).toBe(true);
    input.write('q');
    await vi.waitFor(() => {
      expect(input.readableLength).toBe(0);
    });
    ui.emit({ type: 'prepared', what: 'Prove the baseline', seconds: 1 });
    expect(input.raw).toBe(false);
    const pressed = ui.taskKey(never);
    input.write('h');
    await expect(pressed).resolves.toBe('hint');
  });

  it('keeps every line that a command says', () => {
    const { output, ui } = terminal();
    ui.emit({ type: 'command-started', command });
    for (const line of ['NAME STATUS', '\u001b[31mw1\u001b[0m   Ready']) ui.emit({ type: 'command-output', line });
    ui.emit({ type: 'command-ended', command, exitCode: 1, seconds: 0.2 });
    expect(output.text).toContain('$ kubectl get nodes\n');
    expect(output.text).toContain('│ NAME STATUS\n');
    expect(output.text).toContain('│ w1   Ready\n');
    expect(output.text).toContain('It failed with exit code 1.');
  });

  it('leaves nothing running after close', () => {
    const { input, ui } = terminal();
    ui.emit(awaitingReady);
    ui.close();
    expect(input.raw).toBe(false);
  });
});

describe('pages', () => {
  it('are shown with their number, text and commands', () => {
    const { output, ui } = terminal();
    ui.emit(opened);
    expect(output.raw).toMatchInlineSnapshot(`
      "
      Step 2 of 5: Look at the nodes
      ------------------------------

      All three nodes are \`Ready\`.

        kubectl get nodes
      "
    `);
  });

  it('end with the debrief', () => {
    const { output, ui } = terminal();
    ui.emit({ type: 'step-reached', lesson, page, how: 'skipped', seconds: 4 });
    expect(output.raw).toContain('Skipped: Look at the nodes (done for you in 4.0 s; it counts as skipped)');
    expect(output.raw).toContain('A node is a machine.');
  });

  it('go on at Enter; the heading is said again where the page was taller than the screen', async () => {
    const { input, output, ui } = terminal({ rows: 8 });
    ui.emit(opened);
    const answer = ui.next('Go on?');
    expect(output.text.split('Step 2 of 5')).toHaveLength(3);
    expect(output.text.trimEnd().split('\n').at(-1)).toBe('[Enter] go on  [b] back  [q] quit');
    input.write('x\r');
    await expect(answer).resolves.toBe('next');
    const back = ui.next('Go on?');
    input.write('b');
    await expect(back).resolves.toBe('back');
    expect(output.text.split('Step 2 of 5')).toHaveLength(3);
  });
});

describe('a tick that turns amber', () => {
  const amber = {
    type: 'tick-turned-amber',
    lesson,
    page,
    claim: 'node w1 is Ready',
    verdict: unmet('NotReady', 'Ready'),
  } as const;

  it.each([false, true])(
    'is told above the question that is open, whose keys still count (accessible: %s)',
    async (accessible) => {
      const { input, output, ui } = terminal({ accessible });
      const answer = ui.next('Go on?');
      const asked = output.text;
      ui.emit(amber);
      expect(input.raw).toBe(true);
      const told = output.text.slice(asked.length);
      expect(told).toMatch(/^\nLost again: "Look at the nodes" was reached/);
      expect(told).toContain("'npx firedrill check 3 --step 1'");
      expect(told.endsWith(asked)).toBe(true);
      input.write('\r');
      await expect(answer).resolves.toBe('next');
      expect(input.raw).toBe(false);
    },
  );

  it('is told alone where the question was answered', async () => {
    const { input, output, ui } = terminal();
    const answer = ui.next('Go on?');
    input.write('\r');
    await answer;
    const before = output.text.length;
    ui.emit(amber);
    expect(output.text.slice(before)).not.toContain('Go on?');
  });

  it('is yellow where there is colour', () => {
    const { output, ui } = terminal({ colour: true });
    ui.emit(amber);
    expect(output.raw).toContain('\u001b[33mLost again:\u001b[39m');
  });
});

it('is interrupted at a question by its signal: raw mode takes Ctrl-C from the terminal', async () => {
  const [stop, reason] = [new AbortController(), new Error('interrupted')];
  const { input, ui } = terminal({
    signal: stop.signal,
    interrupt: () => {
      stop.abort(reason);
    },
  });
  const answer = ui.next('Go on?');
  input.write('\u0003');
  await expect(answer).rejects.toBe(reason);
  expect(input.raw).toBe(false);
  await expect(ui.next('Go on?')).rejects.toBe(reason);
});

it('offers to run the commands of a page to read, where it has some', async () => {
  const { input, output, ui } = terminal({ columns: 60 });
  const none = ui.next('Go on?');
  input.write('rq');
  await expect(none).resolves.toBe('quit');
  const some = ui.next('Go on?', ['run', 'shell']);
  expect(output.text).toContain('[Enter] go on  [r] run  [s] shell  [b] back  [q] quit');
  input.write('r');
  await expect(some).resolves.toBe('run');
});

describe('the shell', () => {
  it('has the terminal to itself; events wait until it is left', async () => {
    const { input, output, openShell, ui } = terminal();
    const left = Promise.withResolvers<number>();
    openShell.mockReturnValue(left.promise);
    ui.emit(awaitingReady);
    const shell = ui.shell({ KUBECONFIG: '/x' });
    expect(openShell).toHaveBeenCalledWith({ KUBECONFIG: '/x' }, { signal: undefined });
    expect(input.raw).toBe(false);
    const before = output.raw;
    ui.emit({ type: 'note', text: 'meanwhile' });
    expect(output.raw).toBe(before);
    left.resolve(0);
    await shell;
    expect(output.text).toContain('meanwhile');
  });
});

describe('accessible mode', () => {
  it('writes each change once, as a new line, without escape codes or box drawing', async () => {
    const { input, output, ui } = terminal({ accessible: true });
    ui.emit(opened);
    ui.emit(awaitingReady);
    ui.emit(awaitingReady);
    const pressed = ui.taskKey(never);
    ui.emit({ type: 'awaiting', claim: 'node w1 is Ready', verdict: met('Ready') });
    input.write('r');
    await pressed;
    ui.emit({ type: 'command-started', command });
    ui.emit({ type: 'command-output', line: 'w1 Ready' });
    ui.emit({ type: 'check', claim: 'node w1 is Ready', verdict: unmet('NotReady', 'Ready') });
    expect(output.raw).toMatchInlineSnapshot(`
      "
      Step 2 of 5: Look at the nodes

      All three nodes are \`Ready\`.

        kubectl get nodes
      Waiting: node w1 is Ready
      Last seen: NotReady

      Step 2 of 5: Look at the nodes
      [r] run  [s] shell  [h] hint  [k] skip  [b] back  [q] quit  [p] page  [?] help
      Waiting: node w1 is Ready
      Last seen: Ready
      $ kubectl get nodes
      | w1 Ready
      Not met: node w1 is Ready
        saw: NotReady
        wanted: Ready
      "
    `);
  });
});
