import type { Token, Tokens } from 'marked';
import type { Styles } from './look.ts';
import { harmless } from './wrap.ts';

/** Stands for a space at which a line must not break; `withSpaces` turns it back. */
const unbreakable = '\u00a0';
/** A longer piece of code may break at its spaces: it would not fit on a narrow line. */
const longestUnbrokenCode = 40;

export const withSpaces = (line: string): string => line.replaceAll(unbreakable, ' ');

/** Text, emphasis, code and links of a paragraph as one styled string, not wrapped. */
export function inline(tokens: readonly Token[], styles: Styles, colour: boolean): string {
  return tokens.map((token) => one(token as Tokens.Generic, styles, colour)).join('');
}

function one(token: Tokens.Generic, styles: Styles, colour: boolean): string {
  const inner = () => inline(token.tokens ?? [], styles, colour);
  switch (token.type) {
    case 'strong':
      return eachWord(inner(), styles.strong);
    case 'em':
      return eachWord(inner(), styles.emphasis);
    case 'codespan':
      return code(String(token['text']), styles, colour);
    case 'br':
      return '\n';
    case 'link':
      return link(inner(), harmless(String(token['href'])));
    case 'image':
      return link(`[picture: ${harmless(String(token['text']))}]`, harmless(String(token['href'])));
    case 'html':
      return /^<br\s*\/?>$/.test(token.raw.trim()) ? '\n' : '';
    case 'text':
    case 'escape':
      return token.tokens ? inner() : oneLine(plainText(String(token['text'])));
    default:
      return token.tokens ? inner() : oneLine(harmless(token.raw));
  }
}

const oneLine = (text: string): string => text.replace(/[ \t]*\n[ \t]*/g, ' ');

/** A style per word, so that a line break never falls between a style's begin and its end. */
const eachWord = (text: string, style: (word: string) => string): string =>
  text.replace(/[^ \n]+/g, (word) => style(word));

function code(text: string, styles: Styles, colour: boolean): string {
  const clean = oneLine(harmless(text));
  const marked = colour ? clean : `\`${clean}\``;
  return eachWord(clean.length <= longestUnbrokenCode ? marked.replaceAll(' ', unbreakable) : marked, styles.code);
}

const link = (text: string, address: string): string =>
  text === address || address === '' || address === `mailto:${text}` ? text || address : `${text} (${address})`;

/** marked leaves entities in texts as they are; these five are what pages use. */
export const plainText = (text: string): string =>
  harmless(text)
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&nbsp;', unbreakable)
    .replaceAll('&amp;', '&');
