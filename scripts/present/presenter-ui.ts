import type { Writable } from 'node:stream';
import type { LoadedLesson, Page, PageCommand, Prediction } from '../course/model.ts';
import type { CourseEvent, TaskKey, Ui } from '../course/ui.ts';
import { askSeconds, choose } from '../ui/ask.ts';
import { Keyboard, keyPressed, type KeyInput } from '../ui/keyboard.ts';
import { columnsOf, stylesFor, type Look } from '../ui/look.ts';
import type { openShell } from '../ui/shell.ts';
import { noTerminal, unaskedBet } from '../ui/unattended.ts';
import { News } from '../ui/verdict-lines.ts';
import { harmless, wrap } from '../ui/wrap.ts';
import type { PositionKeeper } from './position.ts';
import { presenterHelp, presenterKeys, type Press } from './presenter-keys.ts';
import { presenterLines } from './presenter-lines.ts';
import { humanRhythm, typeOut, type Rhythm } from './type-out.ts';

export interface PresenterOptions {
  input: KeyInput;
  output: Writable;
  colour: boolean;
  columns?: number | undefined;
  /** A rehearsal: nobody presses a key. */
  auto: boolean;
  /** Whether commands are typed letter by letter: not into a file. */
  types: boolean;
  /** Environment of the lab's shell. */
  environment: () => Record<string, string>;
  positions: Pick<PositionKeeper, 'keep'>;
  /**
   * Text of the command at which the first step goes on: those before it are run again, and not typed. What they made may be
   * gone, as after a fault that was put back meanwhile.
   */
  goOnAt?: string | undefined;
  signal: AbortSignal;
  /** What Ctrl-C does while keys are read. Default: SIGINT to this process. */
  interrupt?: (() => void) | undefined;
  rhythm?: Rhythm | undefined;
  openShell: typeof openShell;
}

/** Milliseconds that a rehearsal stays at the end of a step. */
const pauseMilliseconds = 1500;

/**
 * A lesson for a room: headings, commands typed out on a key press, and what they really say. The page's words are not
 * on it: the presenter says them, and reads them in the notes. `close` gives the terminal back.
 */
export function createPresenterUi(options: PresenterOptions): Ui & { close(): void } {
  return new PresenterUi(options);
}

class PresenterUi implements Ui {
  readonly interactive: boolean;
  private readonly options: PresenterOptions;
  private readonly keyboard: Keyboard;
  private readonly rhythm: Rhythm;
  private readonly news = new News();
  private readonly startedAt = Date.now();
  private at: { lesson: LoadedLesson; page: Page } | undefined;
  /** Whether the commands of this step have been begun. */
  private begun = false;
  /** Whether the engine waits for a key in an open task. */
  private taskOpen = false;
  /** The press that began the commands also types the first. */
  private justBegun = false;
  /** Commands run without being typed, until the next step. */
  private skips = false;
  /** What the presenter wanted while a command waited: the engine asks next. */
  private leaves: 'back' | 'quit' | undefined;
  private typed: PageCommand | undefined;
  /** The command that is typed next; those before it run at once. */
  private goOnAt: string | undefined;
  private stepsOpened = 0;
  private away = false;
  private readonly held: CourseEvent[] = [];

  constructor(options: PresenterOptions) {
    this.options = options;
    this.interactive = !options.auto;
    this.rhythm = options.rhythm ?? humanRhythm;
    this.goOnAt = options.goOnAt;
    this.keyboard = new Keyboard(options.input, options.interrupt ?? (() => void process.kill(process.pid, 'SIGINT')));
    this.swallowKeys();
  }

  emit(event: CourseEvent): void {
    if (this.away) {
      this.held.push(event);
      return;
    }
    if (event.type === 'step-opened') {
      this.at = event;
      this.stepsOpened += 1;
      if (this.stepsOpened > 1) this.goOnAt = undefined;
      this.begun = this.skips = false;
      this.leaves = undefined;
      this.news.forget();
      this.keep('open', this.goOnAt === undefined ? undefined : { text: this.goOnAt });
    }
    if (event.type === 'step-reached') this.keep('reached');
    if (event.type === 'lesson-finished') this.keep('finished');
    if (event.type === 'command-started' && event.command === this.typed) return;
    // Before anything was done, the room need not be told that it is not done.
    if (event.type === 'awaiting' && this.taskOpen && !this.begun) return;
    this.print(presenterLines(event, this.look, this.news));
  }

  async next(question: string, keys: readonly ('run' | 'shell')[] = []): ReturnType<Ui['next']> {
    if (!this.interactive) {
      await this.rhythm.sleep(this.options.types ? pauseMilliseconds : 0);
      return 'next';
    }
    if (this.leaves) return this.leaves;
    if (question !== 'Go on?') this.print(['', ...wrap(harmless(question), this.look.columns)]);
    for (;;) {
      const press = await this.press();
      if (press === 'back' || press === 'quit') return press;
      const runs = press === 'again' || (press === 'next' && !this.begun);
      if (runs && keys.includes('run')) return this.begin();
      if (press === 'next' || press === 'skip') return 'next';
    }
  }

  async predict(prediction: Prediction): Promise<string> {
    if (!this.interactive) {
      const { value, says } = unaskedBet(prediction);
      this.print(['', ...wrap(`Bet: ${harmless(prediction.question)} "${says}"`, this.look.columns)]);
      return value;
    }
    return this.lend(async () => {
      const { input, output, signal } = this.options;
      const io = { input, output, signal };
      output.write('\n');
      if (prediction.kind === 'choice') return await choose(harmless(prediction.question), prediction.choices, io);
      return String(await askSeconds(harmless(prediction.question), io));
    });
  }

  async taskKey(signal: AbortSignal): Promise<TaskKey> {
    if (this.leaves) return this.leaves;
    this.taskOpen = true;
    try {
      return await this.nextTaskKey(signal);
    } finally {
      this.taskOpen = false;
    }
  }

  async beforeCommand(command: PageCommand, signal: AbortSignal): Promise<'run' | 'stop'> {
    if (this.goOnAt !== undefined && command.text !== this.goOnAt) return 'run';
    this.goOnAt = undefined;
    this.keep('open', command);
    if (this.skips) return 'run';
    const typesAtOnce = this.justBegun;
    this.justBegun = false;
    const prompt = command.on === undefined ? '$ ' : `${command.on} $ `;
    const showPrompt = (): void => {
      this.options.output.write(stylesFor(this.look).strong(prompt));
    };
    this.options.output.write('\n');
    showPrompt();
    const first = typesAtOnce ? 'next' : await this.press({ signal, redraw: showPrompt });
    if (this.leavesAfter(first)) return 'stop';
    const text = harmless(command.text)
      .trimEnd()
      .replaceAll('\n', `\n${' '.repeat(prompt.length)}`);
    await this.type(text, signal);
    const redraw = (): void => {
      showPrompt();
      this.options.output.write(stylesFor(this.look).code(text));
    };
    const leaves = first !== 'skip' && this.leavesAfter(await this.press({ signal, redraw }));
    this.options.output.write('\n');
    this.typed = command;
    return leaves ? 'stop' : 'run';
  }

  async shell(environment: Record<string, string>): Promise<void> {
    if (!this.interactive) await noTerminal();
    await this.lend(() => this.options.openShell(environment, { signal: this.options.signal }));
  }

  close(): void {
    this.keyboard.stop();
  }

  private get look(): Look {
    const { colour, columns, output } = this.options;
    return { colour, accessible: false, columns: columns ?? columnsOf(output) };
  }

  private async nextTaskKey(signal: AbortSignal): Promise<TaskKey> {
    for (;;) {
      // The engine opens the shell here: reaching the goal in it must not take the terminal from it.
      const press = await this.press({ signal, givesShell: true });
      if (press === 'shell' || press === 'back' || press === 'quit') return press;
      if (press === 'skip') {
        this.skips = true;
        return 'skip';
      }
      // A press too many while the goal is awaited must not run everything twice.
      if (press === 'again' || !this.begun) return this.begin();
    }
  }

  private begin(): 'run' {
    // Where the commands before did not get that far, they are typed from the first on.
    if (this.begun) this.goOnAt = undefined;
    this.begun = this.justBegun = true;
    return 'run';
  }

  /** Whether this press leaves the step; then it is kept for the engine's next question. */
  private leavesAfter(press: Press): boolean {
    if (press === 'skip') this.skips = true;
    if (press === 'back' || press === 'quit') this.leaves = press;
    return this.leaves !== undefined;
  }

  private async type(text: string, signal: AbortSignal): Promise<void> {
    const { code } = stylesFor(this.look);
    const write = (part: string): void => {
      this.options.output.write(code(part));
    };
    if (!this.options.types || this.skips) {
      write(text);
      return;
    }
    const hurry = new AbortController();
    if (this.interactive) {
      this.keyboard.listen(() => {
        hurry.abort();
      });
    }
    await typeOut(text, write, { rhythm: this.rhythm, hurry: AbortSignal.any([hurry.signal, signal]) });
    signal.throwIfAborted();
  }

  /** The presenter's next key. Help, and the shell where the engine does not want to know, are answered here. */
  private async press(
    options: { signal?: AbortSignal; givesShell?: boolean; redraw?: () => void } = {},
  ): Promise<Press> {
    if (!this.interactive) return 'next';
    const ends = options.signal ? AbortSignal.any([options.signal, this.options.signal]) : this.options.signal;
    for (;;) {
      ends.throwIfAborted();
      const press = await keyPressed(this.keyboard, presenterKeys, ends).finally(() => {
        this.swallowKeys();
      });
      if (press === 'shell' && !options.givesShell) await this.shell(this.options.environment());
      else if (press === 'help') this.print(['', ...presenterHelp]);
      else return press;
      options.redraw?.();
    }
  }

  /** Keys pressed while nobody asks must not answer the next question, nor appear on the screen. */
  private swallowKeys(): void {
    if (this.interactive && !this.away) this.keyboard.listen(() => undefined);
  }

  /** Gives the terminal to a prompt or a shell. */
  private async lend<T>(use: () => Promise<T>): Promise<T> {
    this.keyboard.stop();
    this.away = true;
    try {
      return await use();
    } finally {
      this.away = false;
      this.swallowKeys();
      for (const event of this.held.splice(0)) this.emit(event);
    }
  }

  private keep(state: 'open' | 'reached' | 'finished', command?: Pick<PageCommand, 'text'>): void {
    if (!this.at) return;
    const { lesson, page } = this.at;
    const comes = command === undefined ? {} : { command: command.text };
    this.options.positions.keep({
      lesson: lesson.id,
      heading: page.heading,
      ...comes,
      state,
      startedAt: this.startedAt,
    });
  }

  private print(lines: readonly string[]): void {
    if (lines.length > 0) this.options.output.write(`${lines.join('\n')}\n`);
  }
}
