import { marked, type Token, type Tokens } from 'marked';
import { describe, expect, it } from 'vitest';
import { loadLessons } from '../../scripts/course/load.ts';
import type { LoadedLesson } from '../../scripts/course/model.ts';
import { eventLines } from '../../scripts/ui/event-lines.ts';
import { plainText } from '../../scripts/ui/inline.ts';
import type { Look } from '../../scripts/ui/look.ts';
import { debriefLines, introductionLines, pageLines } from '../../scripts/ui/page-lines.ts';
import { visibleWidth } from '../../scripts/ui/wrap.ts';

const lessons = await loadLessons();
const widths = [60, 80, 120];

interface Shown {
  what: string;
  markdown: string;
  lines: string[];
}

/** Each kept once made: several tests look at the same. */
const allShown = new Map<string, Shown[]>();

/** All that a learner reads of a lesson, as a terminal of so many columns shows it. */
function shownOf(lesson: LoadedLesson, columns: number): Shown[] {
  const key = `${columns} ${lesson.id}`;
  const shown = allShown.get(key) ?? show(lesson, { columns, colour: false, accessible: false });
  allShown.set(key, shown);
  return shown;
}

const show = (lesson: LoadedLesson, look: Look): Shown[] =>
  [
    { what: 'introduction', markdown: lesson.introduction, lines: introductionLines(lesson, look) },
    ...lesson.pages.flatMap((page, index) => [
      {
        what: page.heading,
        markdown: page.text,
        lines: pageLines({ type: 'step-opened', lesson, page, number: index + 1, of: lesson.pages.length }, look),
      },
      ...page.hints.map((text, tier) => ({
        what: `${page.heading}, hint ${tier + 1}`,
        markdown: text,
        lines: eventLines({ type: 'hint', tier: tier + 1, text }, look),
      })),
      { what: `${page.heading}, debrief`, markdown: page.debrief ?? '', lines: debriefLines(page, look) },
    ]),
  ].map((shown) => ({ ...shown, lines: shown.lines.flatMap((line) => line.split('\n')) }));

/** Each read once: a page is the same at every width. */
const allBlocks = new Map<string, readonly Token[]>();

/** Every block of a Markdown text, those in lists and quotations, too. */
function blocksOf(markdown: string): readonly Token[] {
  const known = allBlocks.get(markdown);
  if (known) return known;
  const all: Token[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token) => void all.push(token));
  allBlocks.set(markdown, all);
  return all;
}

const codeLines = (markdown: string): string[] =>
  blocksOf(markdown).flatMap((token) => (token.type === 'code' ? (token as Tokens.Code).text.split('\n') : []));

/** A word of its own line, behind the mark of a list: an address is not cut, so that it can be copied. */
const cannotBreak = (line: string): boolean => /^\s*(- |\d+\. )?\S+$/.test(line);

/** How often each word stands in a text; words are runs of letters and digits. */
function wordsIn(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of texts.join('\n').matchAll(/[\p{L}\p{N}]+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The texts at the ends of the tree: prose, code in it, code blocks, addresses. */
const leavesOf = (markdown: string): string[] =>
  blocksOf(markdown).flatMap((token) => {
    if (token.type === 'link') return [(token as Tokens.Link).href];
    if (token.type === 'code' || token.type === 'codespan') return [(token as Tokens.Code).text];
    const isLeaf = token.type === 'text' && (token as Tokens.Text).tokens === undefined;
    return isLeaf ? [plainText((token as Tokens.Text).text)] : [];
  });

describe.each(widths)('at %i columns', (columns) => {
  it.each(lessons)('$id has no line that is wider, but for code and what cannot break', (lesson) => {
    for (const { what, markdown, lines } of shownOf(lesson, columns)) {
      const code = new Set(codeLines(markdown).map((line) => line.trim()));
      const wide = lines.filter((line) => visibleWidth(line) > columns && !code.has(line.trim()) && !cannotBreak(line));
      expect(wide, what).toEqual([]);
    }
  });

  it.each(lessons)('$id loses no word and no line of code', (lesson) => {
    for (const { what, markdown, lines } of shownOf(lesson, columns)) {
      const there = wordsIn(lines);
      const lost = [...wordsIn(leavesOf(markdown))].filter(([word, count]) => (there.get(word) ?? 0) < count);
      expect(lost, what).toEqual([]);
      const shown = new Set(lines.map((line) => line.trim()));
      expect(codeLines(markdown).filter((line) => !shown.has(line.trim()))).toEqual([]);
    }
  });
});

describe('these looks themselves', () => {
  it('find a line that is too wide, and leave code and addresses alone', () => {
    expect(cannotBreak('- https://example.org/a')).toBe(true);
    expect(cannotBreak('two words')).toBe(false);
    expect(codeLines('- a\n\n  ```sh\n  x\n  ```\n')).toEqual(['x']);
  });

  it('see every word', () => {
    const markdown = '**Bold** `code` [text](https://a.example)\n\n| head |\n| --- |\n| cell |\n\n- item\n';
    expect([...wordsIn(leavesOf(markdown)).keys()]).toEqual(
      expect.arrayContaining(['Bold', 'code', 'text', 'https', 'example', 'head', 'cell', 'item']),
    );
  });

  it('read pages, hints and debriefs of every lesson', () => {
    for (const lesson of lessons) {
      const all = shownOf(lesson, 80);
      expect(all.length).toBeGreaterThan(2 * lesson.pages.length);
      expect(all.map(({ what }) => what).join()).toContain('hint 3');
    }
  });
});
