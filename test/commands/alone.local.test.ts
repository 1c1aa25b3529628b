import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { record, type Recording } from '../../scripts/record/record.ts';
import type { Scenario } from '../../scripts/record/scenario.ts';
import { fixtureLessons } from '../support/in-folder.ts';
import { programPath } from '../support/program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-alone-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** `firedrill` without any word, on the fixture course, in a terminal, with a home of its own. */
function alone(steps: Scenario['steps']): Promise<Recording> {
  const env = {
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    XDG_CACHE_HOME: join(folder, 'cache'),
    FIREDRILL_LESSONS: fixtureLessons,
    LAMPS: join(folder, 'lamps'),
  };
  return record([programPath], { title: 'A test', run: '', steps }, { env });
}

const rowsOf = ({ frames }: Recording, caption: string): string =>
  frames.find((frame) => frame.caption === caption)?.rows.join('\n') ?? '';
const outputOf = ({ events }: Recording): string =>
  events.flatMap(([, kind, data]) => (kind === 'o' ? [data] : [])).join('');

interface Kept {
  lesson?: string;
  lessons: Record<string, { current?: string; finishedAt?: string; steps: Record<string, { how?: string }> }>;
}
const progress = async (): Promise<Kept> =>
  JSON.parse(await readFile(join(folder, 'state/firedrill/progress.json'), 'utf8')) as Kept;

const id = '01-light-a-lamp';
const quick = { read: 0.2 };
const onlySeen = { read: 0 };
const leaveTheMenu: Scenario['steps'] = [
  { ...quick, press: 'down' },
  { ...quick, press: 'enter' },
];

describe('firedrill alone in a terminal', { timeout: 90_000 }, () => {
  it('shows the lessons, how many minutes each takes, and how far one is', async () => {
    const seen = await alone([{ wait: 'Leave', frame: 'Menu', ...onlySeen }, ...leaveTheMenu]);
    expect(rowsOf(seen, 'Menu')).toMatch(/Which lesson\?\n.*01 {2}Light a lamp +5 min +—\n +Leave/);
    expect(outputOf(seen)).not.toContain('Step 1 of 3');
  });

  it('opens the lesson that is chosen; the next time it goes on where that was left, at last in the menu', async () => {
    const first = await alone([
      { wait: 'Which lesson?', ...quick, press: 'enter' },
      { wait: 'Step 1 of 3: What a lamp is', ...onlySeen },
      { wait: '[Enter] go on', ...quick, press: 'enter' },
      { wait: 'What does the file of a lit lamp say?', ...quick, press: 'enter' },
      { wait: 'there is no such lamp', ...quick, press: 'q' },
    ]);
    expect(outputOf(first)).not.toContain('Step 3 of 3');
    expect(await progress()).toMatchObject({
      lesson: id,
      lessons: { [id]: { current: 'Light it', steps: { 'What a lamp is': { how: 'read' } } } },
    });

    const second = await alone([
      { wait: 'Step 2 of 3: Light it', ...onlySeen },
      { wait: 'Your bet stands: What does the file of a lit lamp say? on', ...onlySeen },
      { wait: 'there is no such lamp', ...quick, press: 'r' },
      { wait: 'Reached: Light it', ...onlySeen },
      { wait: '[Enter] go on', ...quick, press: 'enter' },
      { wait: 'Step 3 of 3: See it refuse', ...onlySeen },
      { wait: '[Enter] go on', ...quick, press: 'enter' },
      { wait: 'Lesson 1 is done', ...onlySeen },
      { wait: 'Leave', frame: 'Menu', ...onlySeen },
      ...leaveTheMenu,
    ]);
    const [beforeTheMenu = ''] = outputOf(second).split('Lesson 1 is done');
    expect(beforeTheMenu).not.toContain('Which lesson?');
    expect(beforeTheMenu).not.toContain('Step 1 of 3');
    expect(rowsOf(second, 'Menu')).toMatch(/01 {2}Light a lamp +5 min +done/);
    expect((await progress()).lessons[id]?.finishedAt).toBeDefined();
  });
});
