import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { record } from '../../scripts/record/record.ts';
import type { Scenario } from '../../scripts/record/scenario.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { programPath } from '../support/program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-record-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The real program on the fixture course, in a terminal, with a home of its own. */
function recorded(run: string, steps: Scenario['steps'], signal?: AbortSignal) {
  const env = {
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    FIREDRILL_LESSONS: join(checkoutFolder, 'test/fixtures/lessons'),
    LAMPS: join(folder, 'lamps'),
  };
  return record([programPath, ...run.split(' ')], { title: 'A test', run, steps }, { env, signal });
}

const outputOf = (events: Awaited<ReturnType<typeof recorded>>['events']): string =>
  events.flatMap(([, kind, data]) => (kind === 'o' ? [data] : [])).join('');

it('records what the program writes, with times, and keeps frames of 80x24', async () => {
  const { events, frames } = await recorded('list', [{ wait: 'Light a lamp', frame: 'The lessons', read: 0 }]);
  expect(outputOf(events)).toContain('01  Light a lamp');
  const times = events.map(([seconds]) => seconds);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(frames).toMatchObject([{ caption: 'The lessons' }]);
  expect(frames[0]?.rows).toHaveLength(24);
  expect(events.filter(([, kind]) => kind === 'm')).toMatchObject([[expect.any(Number), 'm', 'The lessons']]);
}, 20_000);

it('goes through a lesson as a person does: reads, bets, takes a hint, lets it run the commands', async () => {
  const { frames } = await recorded('start 1', [
    { wait: '[Enter] go on', read: 0.2, press: 'enter' },
    { wait: 'What does the file of a lit lamp say?', read: 0.5, press: 'down' },
    { read: 0.2, press: 'enter' },
    { wait: 'there is no such lamp', frame: 'An open task', read: 0.2, press: 'h' },
    { wait: 'Is there a file hall?', read: 0.2, press: 'r' },
    { wait: 'You were not right.' },
    { wait: 'Reached: Light it', frame: 'Reached', read: 0.2 },
    { wait: '[Enter] go on', read: 0.2, press: 'enter' },
    // The same words again: only new ones count.
    { wait: 'Step 3 of 3: See it refuse', read: 0.2 },
    { wait: '[Enter] go on', read: 0.2, press: 'enter' },
    { wait: 'Lesson 1 is done', read: 0 },
  ]);
  expect(frames.map(({ caption }) => caption)).toEqual(['An open task', 'Reached']);
  expect(frames[0]?.rows.join('\n')).toContain('[r] run  [s] shell  [h] hint');
}, 60_000);

it('says what did not come, and what the screen shows instead', async () => {
  const never = recorded('start 1', [{ wait: 'no such words', within: 3 }]);
  await expect(never).rejects.toMatchObject({
    code: 'not-on-screen',
    message: expect.stringMatching(/'no such words' did not come [^]*\[Enter\] go on/) as string,
  });
}, 30_000);

it.each([
  ['list', 'no such words', 'ended-early'],
  ['strat', "Did you mean 'start'?", 'ended-badly'],
])(
  'a program that ends before its time is a failure: %s',
  async (run, wait, code) => {
    await expect(recorded(run, [{ wait, read: 0 }])).rejects.toMatchObject({ code });
  },
  20_000,
);

it('ends the program where it is stopped itself', async () => {
  const stop = new AbortController();
  const stopped = recorded('start 1', [{ wait: '[Enter] go on', read: 60 }], stop.signal);
  setTimeout(() => {
    stop.abort(new Error('enough'));
  }, 3000);
  await expect(stopped).rejects.toThrow('enough');
}, 30_000);
