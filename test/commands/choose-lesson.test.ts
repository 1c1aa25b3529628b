import { describe, expect, it } from 'vitest';
import { doneOf, isLostAgain, stepLeftAt, stepNamed } from '../../scripts/commands/choose-lesson.ts';
import type { LessonProgress, Progress } from '../../scripts/course/progress.ts';
import { lesson, page } from '../ui/examples.ts';

const three = { ...lesson, pages: ['First look', 'Break it', 'Mend it'].map((heading) => ({ ...page, heading })) };
const progress = (kept?: LessonProgress): Progress => ({
  version: 1,
  lessons: kept === undefined ? {} : { [three.id]: kept },
});

describe('stepLeftAt', () => {
  it.each<[string, LessonProgress | undefined, number]>([
    ['never opened', undefined, 0],
    ['open at its first step', { current: 'First look', steps: {} }, 0],
    ['left at its last step', { current: 'Mend it', steps: {} }, 2],
    ['finished', { finishedAt: '2026-01-01', steps: { 'Mend it': { how: 'self' } } }, 0],
    ['left at a step that a newer kit no longer has', { current: 'Look twice', steps: {} }, 0],
  ])('of a lesson that was %s', (_, kept, index) => {
    expect(stepLeftAt(three, progress(kept))).toBe(index);
  });

  it('looks at this lesson only', () => {
    const elsewhere: Progress = { version: 1, lessons: { '04-other': { current: 'Mend it', steps: {} } } };
    expect(stepLeftAt(three, elsewhere)).toBe(0);
  });
});

describe('doneOf', () => {
  it.each<[string, LessonProgress | undefined]>([
    ['not yet', undefined],
    ['not yet', { current: 'First look', steps: {} }],
    // A hint was taken, and nothing was reached.
    ['not yet', { current: 'First look', steps: { 'First look': { hints: 1 } } }],
    ['partly', { current: 'Break it', steps: { 'First look': { how: 'read' } } }],
    ['partly', { current: 'Break it', steps: { 'First look': { how: 'skipped' }, 'Break it': { hints: 2 } } }],
    ['done', { finishedAt: '2026-01-01', steps: { 'Mend it': { how: 'self' } } }],
    // Somebody looks at it again.
    ['done', { finishedAt: '2026-01-01', current: 'Break it', steps: {} }],
  ])('is %s where %j was kept', (done, kept) => {
    expect(doneOf(three, progress(kept))).toBe(done);
  });
});

describe('isLostAgain', () => {
  const collapsed = { how: 'self', collapsedAt: '2026-01-01' } as const;
  it.each<[boolean, LessonProgress | undefined]>([
    [false, undefined],
    [false, { steps: { 'Mend it': { how: 'self' } } }],
    [true, { steps: { 'Mend it': collapsed } }],
    [true, { finishedAt: '2026-01-01', steps: { 'First look': { how: 'read' }, 'Mend it': collapsed } }],
    // A step that this kit does not have.
    [false, { steps: { 'Look twice': collapsed } }],
  ])('is %s where %j was kept', (lost, kept) => {
    expect(isLostAgain(three, progress(kept))).toBe(lost);
  });
});

describe('stepNamed', () => {
  it.each([
    ['2', 1],
    ['mend it', 2],
    ['Bre', 1],
  ])('finds %s', (name, index) => {
    expect(stepNamed(three, name)).toBe(index);
  });

  it.each(['0', '4', 'Nothing'])('does not find %s, and says what there is', (name) => {
    expect(() => stepNamed(three, name)).toThrow(
      expect.objectContaining({
        code: 'unknown-step',
        remedy: 'Its steps are: 1 First look, 2 Break it, 3 Mend it.',
      }) as Error,
    );
  });
});
