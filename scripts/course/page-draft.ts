import type { Page, PageCommand } from './model.ts';

/** A page of a lesson while its README.md is read. */
export class Draft {
  heading: string;
  line: number;
  text: string[] = [];
  hints: string[][] = [];
  debrief: string[] | undefined;
  commands: PageCommand[] = [];
  /** Where lines go now: the page's text, a hint or the debrief. */
  target: string[];
  place: 'text' | 'hint' | 'debrief' = 'text';

  constructor(heading: string, line: number) {
    this.heading = heading;
    this.line = line;
    this.target = this.text;
  }

  open(section: string): void {
    if (section === 'Hint') {
      this.place = 'hint';
      this.hints.push((this.target = []));
    } else if (section === 'Debrief') {
      this.place = 'debrief';
      this.target = this.debrief ??= [];
    } else {
      this.place = 'text';
      this.target = this.text;
      this.text.push(`### ${section}`);
    }
  }

  finish(): Page {
    return {
      heading: this.heading,
      text: joined(this.text),
      commands: this.commands,
      hints: this.hints.map(joined),
      debrief: this.debrief && joined(this.debrief),
      line: this.line,
    };
  }
}

/** Lines as Markdown, without the gaps that taking parts out has left. */
export const joined = (lines: readonly string[]): string =>
  lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
