import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Context } from '../../scripts/commands/context.ts';
import { showStage } from '../../scripts/commands/stage-show.ts';
import type { StageSource } from '../../scripts/stage/source.ts';
import type { StageView } from '../../scripts/stage/view.ts';
import { FakeInput, FakeOutput } from '../ui/fake-terminal.ts';

beforeEach(() => {
  vi.stubEnv('ACCESSIBLE', '');
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const enter = '\u001b[?1049h';
const leave = '\u001b[?1049l';

function setUp(rows = 24) {
  const [input, output] = [new FakeInput(), new FakeOutput(80, rows)];
  const printed: string[] = [];
  const context = {
    json: false,
    interactive: true,
    signal: new AbortController().signal,
    print: (line: string) => printed.push(line),
  } as unknown as Context;
  let views = 0;
  const view = (): StageView => ({
    ...{ at: Date.now(), rate: 300, seconds: ++views, perSecond: 298, failed: 0, failedLately: 0 },
    ...{ p50Ms: 1, p99Ms: 2, healthy: true, machines: [], waiting: [] },
  });
  const stage: StageSource = { view, seconds: () => [], events: () => [], causes: () => [] };
  const ended = new AbortController();
  const show = showStage(context, false, { input, output });
  const until = () => show.until(stage, { signal: ended.signal, seconds: undefined });
  return { input, output, printed, show, until, ended };
}

const drawn = ({ raw }: FakeOutput): number => raw.split('\u001b[H').length - 1;

test('the screen is drawn on the other screen of the terminal, again and again, until q', async () => {
  const { input, output, show, until, printed } = setUp();
  show.page('http://127.0.0.1:1/');
  const shown = until();
  expect(output.raw.startsWith(enter)).toBe(true);
  expect(output.text).toContain('Page: http://127.0.0.1:1/');
  expect(output.text).toContain('298');
  expect(input.raw).toBe(true);
  await vi.waitFor(() => {
    expect(drawn(output)).toBe(2);
  }, 5000);
  expect(output.raw).not.toContain(leave);
  input.write('x');
  input.write('q');
  await shown;
  show.close();
  expect(output.raw.endsWith(leave)).toBe(true);
  expect(input.raw).toBe(false);
  expect(printed).toEqual(['Ending the load.']);
});

test.each(['Ctrl-C', 'the end of the input'])(
  '%s ends it as well, and the terminal is given back once',
  async (how) => {
    const { input, output, show, until, ended } = setUp();
    const shown = until();
    if (how === 'Ctrl-C') ended.abort();
    else input.end();
    await shown;
    show.close();
    show.close();
    expect(output.raw.split(leave)).toHaveLength(2);
    expect(input.raw).toBe(false);
  },
);

test('no more lines than the terminal has, the one with the page included', async () => {
  const { input, output, show, until } = setUp(12);
  show.page('http://127.0.0.1:1/');
  const shown = until();
  input.write('q');
  await shown;
  expect(output.text.split('\n').length).toBeLessThanOrEqual(12);
});
