import { expect, test } from 'vitest';
import { escapeHtml, renderPage } from '../../app/page.ts';

const identity = { pod: 'p', node: 'w1', version: '1' };

test('HTML in a message stays text', () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
  const page = renderPage(identity, [{ text: '<script>alert(1)</script>', at: '"><b>' }]);
  expect(page).not.toMatch(/<script|"><b>/);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('a roll-out can be seen, and so can a Redis that is away', () => {
  expect(renderPage({ ...identity, version: '2' }, [])).toContain('second edition');
  expect(renderPage(identity, [])).not.toContain('second edition');
  expect(renderPage(identity, undefined)).toContain('Redis is away');
});
