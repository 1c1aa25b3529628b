import { expect, it } from 'vitest';
import { fit } from '../../scripts/ui/wrap.ts';

it('breaks long lines at spaces, under their first word, and leaves the others as they are', () => {
  const text =
    "Nothing was booted. When you are ready: 'npx firedrill lab up'.\n  - and an indented line, which is long, too\n\nshort";
  expect(fit(text, 30).split('\n')).toEqual([
    'Nothing was booted. When you',
    "are ready: 'npx firedrill lab",
    "up'.",
    '  - and an indented line,',
    '  which is long, too',
    '',
    'short',
  ]);
});

it('leaves what is in columns', () => {
  const row = 'w1  worker  10.0.3.201  running  Ready';
  expect(fit(row, 20)).toBe(row);
});

it('leaves commands in one piece: somebody will copy them', () => {
  const text = 'Approve it:\n\n    kubectl certificate approve node-csr-9TFbq2hX\n';
  expect(fit(text, 20)).toBe(text);
});
