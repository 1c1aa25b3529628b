import xterm from '@xterm/headless';

/** Lines that are kept after they scrolled away: a lesson has some thousand. */
const scrollback = 50_000;
/** The dots of the spinner are Braille patterns (Unicode block U+2800). */
const spinner = /[\u2800-\u28ff]/g;

/** A terminal that nobody sees. */
export class Screen {
  private readonly terminal: xterm.Terminal;

  /** `answer` is given what the terminal itself says to the program, where that asks for something. */
  constructor(size: { columns: number; rows: number }, answer: (keys: string) => void) {
    this.terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, scrollback, allowProposedApi: true });
    this.terminal.onData(answer);
  }

  /** Resolves once it is drawn. */
  write(output: string): Promise<void> {
    return new Promise((resolve) => {
      this.terminal.write(output, resolve);
    });
  }

  /** What one sees now, a line each. */
  rows(): string[] {
    const { baseY } = this.terminal.buffer.active;
    return Array.from({ length: this.terminal.rows }, (_, row) => this.line(baseY + row));
  }

  /** All letters, those that scrolled away included. */
  letters(): string {
    const { length } = this.terminal.buffer.active;
    return lettersOf(Array.from({ length }, (_, row) => this.line(row)).join(''));
  }

  /** The same as long as nothing but a spinner turned. */
  stillness(): string {
    const { cursorX, cursorY, baseY } = this.terminal.buffer.active;
    return [cursorX, cursorY, baseY, ...this.rows()].join('\n').replace(spinner, '*');
  }

  private line(row: number): string {
    return this.terminal.buffer.active.getLine(row)?.translateToString(true) ?? '';
  }
}

/** A text without spaces and line breaks: prompts are wrapped within words. */
const lettersOf = (text: string): string => text.replace(/\s+/g, '');

/** Whether output may be a turn of the spinner. */
export const hasSpinner = (output: string): boolean => output.search(spinner) >= 0;

/** How often a text is among letters. */
export const timesIn = (letters: string, text: string): number => letters.split(lettersOf(text)).length - 1;
