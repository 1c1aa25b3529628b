import { expect, it } from 'vitest';
import { beginningOf } from '../../scripts/commands/present.ts';
import type { Position } from '../../scripts/present/position.ts';
import { command, lessonOf, page } from '../course/fakes.ts';

const lesson = lessonOf(
  [page('Look', [command('one'), command('two\nlines\n'), command('shown', { show: true })]), page('Light it')],
  { Look: { kind: 'read' }, 'Light it': { kind: 'read' } },
);
const at = (heading: string, state: Position['state'], next?: string): Position => ({
  ...{ lesson: '09-fake', heading, state, startedAt: 0 },
  ...(next === undefined ? {} : { command: next }),
});
const ask = (position: Position | undefined, from?: string, auto = false) =>
  beginningOf(lesson, { from, auto }, position);

it.each([
  ['nothing was presented', undefined, { fromStep: 0 }],
  ['it stopped in the middle of a step', at('Look', 'open', 'two\nlines\n'), { fromStep: 0, goOnAt: 'two\nlines\n' }],
  ['it stopped at the first command of a step', at('Look', 'open', 'one'), { fromStep: 0 }],
  ['the page has changed meanwhile', at('Look', 'open', 'three'), { fromStep: 0 }],
  ['the step was reached', at('Look', 'reached', 'two\nlines\n'), { fromStep: 1 }],
  ['another lesson was presented', { ...at('Look', 'open', 'two\nlines\n'), lesson: '01-x' }, { fromStep: 0 }],
])(
  'where %s, a presentation begins there',
  (_, position, { fromStep, goOnAt }: { fromStep: number; goOnAt?: string }) => {
    const begins = ask(position);
    expect([begins.fromStep, begins.goOnAt]).toEqual([fromStep, goOnAt]);
    expect(begins.says === undefined).toBe(fromStep === 0 && goOnAt === undefined);
  },
);

it('says where it goes on; a rehearsal, or one that is told where, begins there', () => {
  const stopped = at('Look', 'open', 'two\nlines\n');
  expect(ask(stopped).says).toContain("step 1, at 'two': what comes before it is run again");
  expect(ask(stopped, undefined, true)).toEqual({ fromStep: 0 });
  expect(ask(stopped, '2')).toEqual({ fromStep: 1 });
});
