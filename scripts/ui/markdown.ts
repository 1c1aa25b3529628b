import { marked, type Token, type Tokens } from 'marked';
import { inline, withSpaces } from './inline.ts';
import { stylesFor, type Look, type Styles } from './look.ts';
import { table } from './table.ts';
import { hanging, harmless, visibleWidth, wrap } from './wrap.ts';

/**
 * The Markdown of a lesson's page as text for a terminal: prose wrapped at `look.columns`, code never wrapped, so that
 * it can be copied. Without `look.colour` there is not one escape code in it.
 *
 * marked reads the Markdown. The text is made here and not by marked-terminal, which takes its colours from the process
 * and not from the caller, wraps no list items, indents code by four and replaces `:words:` in addresses by emoji.
 */
export function renderMarkdown(markdown: string, look: Look): string {
  const page = new PageText(look);
  return page.blocks(marked.lexer(markdown), look.columns).map(withSpaces).join('\n');
}

class PageText {
  private readonly look: Look;
  private readonly styles: Styles;

  constructor(look: Look) {
    this.look = look;
    this.styles = stylesFor(look);
  }

  /** Blocks one after the other, an empty line between them. */
  blocks(tokens: readonly Token[], columns: number, between: readonly string[] = ['']): string[] {
    const rendered = tokens.map((token) => this.block(token as Tokens.Generic, columns));
    return rendered
      .filter((lines) => lines.length > 0)
      .flatMap((lines, index) => [...(index ? between : []), ...lines]);
  }

  private block(token: Tokens.Generic, columns: number): string[] {
    switch (token.type) {
      case 'heading':
        return this.heading(token as Tokens.Heading, columns);
      case 'code':
        return this.code(token as Tokens.Code, columns);
      case 'list':
        return this.list(token as Tokens.List, columns);
      case 'table':
        return this.table(token as Tokens.Table, columns);
      case 'blockquote':
        return this.blocks(token.tokens ?? [], columns - 2).map((line) => `> ${line}`.trimEnd());
      case 'hr':
        return this.look.accessible ? [] : ['-'.repeat(Math.min(columns, 20))];
      case 'space':
      case 'def':
      case 'html':
      case 'checkbox':
        return [];
      default:
        return wrap(this.inline(token.tokens ?? [token]), columns);
    }
  }

  private inline(tokens: readonly Token[]): string {
    return inline(tokens, this.styles, this.look.colour);
  }

  /** Underlined by characters: clear without colour. A screen reader is given the Markdown marks instead. */
  private heading(token: Tokens.Heading, columns: number): string[] {
    const text = this.inline(token.tokens);
    const bold = (line: string) => this.styles.strong(line);
    if (token.depth > 2 || this.look.accessible) {
      return wrap(`${'#'.repeat(token.depth)} ${text}`, columns).map(bold);
    }
    const lines = wrap(text, columns);
    const rule = (token.depth === 1 ? '=' : '-').repeat(Math.max(...lines.map(visibleWidth)));
    return [...lines.map(bold), rule];
  }

  private code(token: Tokens.Code, columns: number): string[] {
    const text = harmless(token.text);
    // A here-document whose end is indented never ends: such a block must be copied as it is.
    const indent = text.includes('<<') ? '' : '  ';
    const lines = text.split('\n').map((line) => (line === '' ? '' : indent + this.styles.code(line)));
    const where = whereItRuns(token.lang ?? '');
    return where === '' ? lines : [...wrap(where, columns).map(this.styles.faint), ...lines];
  }

  private list(token: Tokens.List, columns: number): string[] {
    const first = typeof token.start === 'number' ? token.start : 1;
    const items = token.items.map((item, index) => {
      const box = item.task ? (item.checked ? '[x] ' : '[ ] ') : '';
      const mark = `${token.ordered ? `${first + index}.` : '-'} ${box}`;
      return hanging(mark, this.blocks(item.tokens, columns - mark.length, token.loose ? [''] : []));
    });
    return items.flatMap((lines, index) => (index > 0 && token.loose ? ['', ...lines] : lines));
  }

  private table(token: Tokens.Table, columns: number): string[] {
    const cells = (row: readonly Tokens.TableCell[]) => row.map((cell) => this.inline(cell.tokens));
    return table(cells(token.header), token.rows.map(cells), columns, this.styles);
  }
}

/** The words after `sh` that a learner must know before copying: `sh on=w1 background`. */
function whereItRuns(info: string): string {
  const [language, ...words] = info.split(/\s+/);
  if (language !== 'sh') return '';
  const machine = words.find((word) => word.startsWith('on='))?.slice('on='.length);
  const notes = [
    ...(machine ? [`on ${machine} (npx firedrill lab ssh ${machine})`] : []),
    ...(words.includes('background') ? ['beside the rest, until the step ends'] : []),
    ...(words.includes('fails') ? ['expected to fail'] : []),
    ...(words.includes('show') ? ['only to read, not run'] : []),
  ];
  const sentence = notes.join(', ');
  return sentence === '' ? '' : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}:`;
}
