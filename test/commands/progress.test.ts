import { expect, it } from 'vitest';
import { linesOf } from '../../scripts/commands/progress.ts';

it('says of a step that it was lost again, and when', () => {
  const steps = {
    'Look around': { how: 'read' },
    'Mend it': { how: 'self', hints: 1, collapsedAt: '2026-02-03T10:00:00.000Z' },
    'Mend more': { how: 'skipped' },
  } as const;
  const lines = linesOf(
    { version: 1, lessons: { '03-x': { finishedAt: '2026-02-03T11:00:00.000Z', steps } } },
    (text) => `<${text}>`,
  );
  expect(lines).toEqual([
    '03-x (finished 2026-02-03)',
    '  Look around: read',
    '  Mend it: reached<, lost again (2026-02-03)>, 1 hint',
    '  Mend more: skipped',
  ]);
});
