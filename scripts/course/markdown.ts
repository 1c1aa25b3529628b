import type { Page, PageCommand } from './model.ts';
import { Draft, joined } from './page-draft.ts';

/** Something wrong in a lesson's folder, for its author. */
export interface Problem {
  file: string;
  /** Line in the file, from 1; 0 where the file as a whole is meant. */
  line: number;
  /** What is wrong and what was expected. */
  message: string;
}

/** A lesson's README.md, taken apart. */
export interface Readme {
  title: string;
  introduction: string;
  pages: Page[];
  problems: Problem[];
}

interface Fence {
  marker: string;
  indent: string;
  info: string;
  line: number;
  lines: string[];
}

const flags = ['solution', 'background', 'fails', 'show'];

/**
 * Takes a lesson's README.md apart, line by line: `#` is the title, each `##` a page, `### Hint` and `### Debrief`
 * its special sections, and fenced `sh` blocks its commands. Headings inside fences are text.
 * Never throws: what is wrong is in `problems`.
 */
export function parseReadme(text: string, file: string): Readme {
  return new Scanner(file).scan(text);
}

class Scanner {
  readonly file: string;
  title: string | undefined;
  introduction: string[] = [];
  drafts: Draft[] = [];
  problems: Problem[] = [];
  fence: Fence | undefined;

  constructor(file: string) {
    this.file = file;
  }

  scan(text: string): Readme {
    const lines = text.replaceAll('\r\n', '\n').split('\n');
    for (const [index, line] of lines.entries()) this.take(line, index + 1);
    if (this.fence) this.complain(this.fence.line, `this \`\`\` is never closed; expected ${this.fence.marker}`);
    if (this.title === undefined) this.complain(1, "expected a title, '# ...', as the first heading");
    return {
      title: this.title ?? '',
      introduction: joined(this.introduction),
      pages: this.drafts.map((draft) => draft.finish()),
      problems: this.problems,
    };
  }

  private take(line: string, number: number): void {
    if (this.fence) {
      this.takeFenced(line, this.fence);
      return;
    }
    const opening = /^(\s*)(`{3,}|~{3,})\s*([^`]*)$/.exec(line);
    if (opening) {
      const [, indent = '', marker = '', info = ''] = opening;
      this.fence = { indent, marker, info: info.trim(), line: number, lines: [line] };
      return;
    }
    const heading = /^(#{1,3})\s+(.*?)\s*#*$/.exec(line);
    if (heading) this.takeHeading(heading[1]?.length ?? 0, heading[2] ?? '', number);
    else this.target().push(line);
  }

  private takeHeading(level: number, words: string, number: number): void {
    const draft = this.drafts.at(-1);
    if (level === 1) {
      if (this.title !== undefined)
        this.complain(number, "a second title; expected one '# ...' and then '## ...' steps");
      this.title ??= words;
    } else if (level === 2) {
      if (this.drafts.some((other) => other.heading === words)) {
        this.complain(number, `a second step named '${words}'; expected each heading once`);
      }
      this.drafts.push(new Draft(words, number));
    } else if (draft) draft.open(words);
    else this.introduction.push(`### ${words}`);
  }

  private takeFenced(line: string, fence: Fence): void {
    fence.lines.push(line);
    const closing = line.trim();
    if (!closing.startsWith(fence.marker) || closing.replaceAll(fence.marker.charAt(0), '') !== '') return;
    this.fence = undefined;
    const draft = this.drafts.at(-1);
    const [language, ...words] = fence.info.split(/\s+/);
    if (language !== 'sh') {
      this.target().push(...fence.lines);
      return;
    }
    const command = this.commandOf(fence, words);
    // A solution counts wherever it stands, for it often follows the last hint. Other commands in a hint are reading.
    const isOfStep = draft !== undefined && (draft.place === 'text' || (command.solution && draft.place === 'hint'));
    if (isOfStep) draft.commands.push(command);
    if (!(isOfStep && command.solution)) this.target().push(...fence.lines);
  }

  private commandOf(fence: Fence, words: readonly string[]): PageCommand {
    for (const word of words) {
      if (flags.includes(word) || /^on=\w[\w-]*$/.test(word)) continue;
      this.complain(fence.line, `'${word}' after sh; expected any of ${flags.join(', ')}, on=MACHINE`);
    }
    const text = fence.lines
      .slice(1, -1)
      .map((line) => (line.startsWith(fence.indent) ? line.slice(fence.indent.length) : line.trimStart()))
      .join('\n');
    if (text.trim() === '') this.complain(fence.line, 'an empty sh block; expected a command');
    return {
      text,
      on: words.find((word) => word.startsWith('on='))?.slice('on='.length),
      solution: words.includes('solution'),
      background: words.includes('background'),
      fails: words.includes('fails'),
      show: words.includes('show'),
      line: fence.line,
    };
  }

  private target(): string[] {
    return this.drafts.at(-1)?.target ?? this.introduction;
  }

  private complain(line: number, message: string): void {
    this.problems.push({ file: this.file, line, message });
  }
}
