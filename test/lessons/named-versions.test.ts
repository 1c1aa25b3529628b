import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { componentVersion } from '../../scripts/bundle/components.ts';
import { loadLessons } from '../../scripts/course/load.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

/** What the words of the pages say about versions, beside those that the bundle has. */
const minorOf = (version: string): number => Number(version.split('.')[1]);
const newer = minorOf(componentVersion('kubernetes'));
const older = minorOf(componentVersion('kubernetes-older'));
const lessons = await loadLessons();

test('the older Kubernetes of the bundle is the minor before the newer one', () => {
  expect(older).toBe(newer - 1);
});

test.each(['lessons/14-downgrade-and-upgrade-a-node/README.md', 'docs/glossary.md'])(
  '%s names these minors as neighbours, and no other but those that the policy is about',
  async (document) => {
    const text = (await readFile(join(checkoutFolder, document), 'utf8')).replace(/\s+/g, ' ');
    expect(text).toContain(`1.${older} and 1.${newer} are neighbours`);
    // `as in 1.30` shows how to write one.
    const named = [...text.matchAll(/(?<!\d)1\.(\d\d)\b/g)]
      .map(([, minor]) => Number(minor))
      .filter((minor) => minor !== 30);
    const known = [newer - 3, older, newer, newer + 1];
    expect([...new Set(named)].filter((minor) => !known.includes(minor))).toEqual([]);
  },
);

test.each(lessons)('no command of $id has a version of Kubernetes in it', ({ pages }) => {
  const commands = pages.flatMap((page) => page.commands.map(({ text }) => text));
  expect(
    commands.filter((text) => new RegExp(`\\b1\\.(${older}|${newer})\\b`).test(text.replaceAll('v1.', '1.'))),
  ).toEqual([]);
});
