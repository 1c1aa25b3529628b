import { expect, it } from 'vitest';
import { followNotes, notesLines } from '../../scripts/present/notes.ts';
import { stepToGoOnAt, type Position } from '../../scripts/present/position.ts';
import { command, lessonOf, page } from '../course/fakes.ts';

const look = { columns: 80, colour: false, accessible: false };
const lesson = lessonOf(
  [
    {
      ...page('Look', [command('ip route', { on: 'w1' }), command('ip link')]),
      text: 'Say **this**.',
      debrief: 'Aha.',
    },
    page('Light it'),
  ],
  { Look: { kind: 'read' }, 'Light it': { kind: 'read' } },
);
const at = (heading: string, state: Position['state'], more: Partial<Position> = {}): Position => ({
  ...{ lesson: '09-fake', heading, state, startedAt: 0 },
  ...more,
});

it('shows the words of the page, the command that comes next, and what follows', () => {
  const text = notesLines(lesson, at('Look', 'open', { command: 'ip link' }), look, 65_000).join('\n');
  expect(text).toContain('step 1 of 2, after 65 s');
  expect(text).toContain('Say this.');
  expect(text).toContain('Aha.');
  expect(text).toContain('  w1$ ip route\n> $ ip link');
  expect(text).toContain('Then: Light it');
});

it('follows the presentation until it is done; one that was finished before does not count', async () => {
  const seen = [at('Light it', 'finished'), at('Look', 'open'), at('Look', 'open'), at('Light it', 'finished')];
  const screens: string[] = [];
  await followNotes(lesson, {
    show: (lines) => screens.push(lines.join('\n')),
    look: () => look,
    signal: new AbortController().signal,
    read: () => Promise.resolve(seen.shift()),
    pauseMilliseconds: 1,
  });
  expect(screens).toHaveLength(3);
  expect(screens[0]).toContain('Waiting for');
  expect(screens[1]).toContain('Say this.');
  expect(screens[2]).toContain('The lesson is done.');
});

it.each([
  ['nothing was presented', undefined, 0],
  ['the step is open', at('Light it', 'open'), 1],
  ['the step was reached', at('Look', 'reached'), 1],
  ['the last step was reached', at('Light it', 'reached'), 1],
  ['the lesson was finished', at('Light it', 'finished'), 0],
  ['another lesson was presented', at('Light it', 'open', { lesson: '01-other' }), 0],
  ['the step is not there any more', at('Gone', 'open'), 0],
])('where %s, a presentation goes on at the right step', (_, position, step) => {
  expect(stepToGoOnAt(lesson, position)).toBe(step);
});
