import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPage } from '../../scripts/page/files.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

test.each(['stage', 'playground'])('the page of the %s has the head and the style of all pages', async (name) => {
  const files = await readPage(join(checkoutFolder, 'scripts', name, 'page'), 'secret');
  const html = files.get('/')?.body ?? '';
  expect(html).toContain('content="secret"');
  expect(html).not.toContain('{{');
  const linked = [...html.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path);
  expect(linked).toEqual(['/page/base.css', '/page.css', '/page.ts']);
  for (const path of linked) expect(files.get(path!), path).toBeDefined();
  expect(files.get('/page/base.css')?.type).toContain('text/css');
});

test.each(['stage', 'playground'])('every colour that the style of the %s uses is defined', async (name) => {
  const files = await readPage(join(checkoutFolder, 'scripts', name, 'page'), 'secret');
  const style = ['/page/base.css', '/page.css'].map((path) => files.get(path)?.body ?? '').join('\n');
  const used = new Set([...style.matchAll(/var\((--[a-z0-9]+)\)/g)].map(([, variable]) => variable!));
  expect([...used].filter((variable) => !style.includes(`${variable}:`))).toEqual([]);
});
