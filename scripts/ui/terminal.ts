import type { Writable } from 'node:stream';
import type { Prediction } from '../course/model.ts';
import type { CourseEvent, TaskKey, Ui } from '../course/ui.ts';
import { Interrupted } from '../system/errors.ts';
import { askSeconds, choose, type PromptIo } from './ask.ts';
import { eventLines } from './event-lines.ts';
import { Keyboard, keyPressed, type KeyInput } from './keyboard.ts';
import { LiveLine } from './live-line.ts';
import { columnsOf, stylesFor, type Look } from './look.ts';
import { openShell } from './shell.ts';
import { helpLines, keyLines, liveLines, nextKeysWith, taskKeys } from './task-keys.ts';
import { pageLines, introductionLines, debriefLines } from './page-lines.ts';
import { lastSeen, News } from './verdict-lines.ts';
import { harmless, wrap } from './wrap.ts';

export interface TerminalOptions {
  input: KeyInput;
  output: Writable;
  colour: boolean;
  /** Each change a new line, nothing drawn twice, numbers to type. */
  accessible: boolean;
  /** Default: as wide as the terminal is at that moment. */
  columns?: number | undefined;
  /** Ends prompts. */
  signal?: AbortSignal | undefined;
  /** What Ctrl-C does while single keys are read. Default: SIGINT to this process. */
  interrupt?: () => void;
  /** Opens the shell, where not as usual. */
  openShell?: typeof openShell | undefined;
}

/** A lesson for a person at a terminal. `close` gives the terminal back, whatever was going on. */
export function createTerminalUi(options: TerminalOptions): Ui & { close(): void } {
  return new TerminalUi(options);
}

class TerminalUi implements Ui {
  readonly interactive = true;
  private readonly options: TerminalOptions;
  private readonly keyboard: Keyboard;
  private readonly live: LiveLine;
  private readonly news = new News();
  private readonly interrupt: () => void;
  /** Whether a prompt or a shell has the terminal. Events wait meanwhile. */
  private away = false;
  private held: CourseEvent[] = [];
  private taskOpen = false;
  private step: string | undefined;
  /** The page of the open step, for a terminal that is this wide now. */
  private page: () => readonly string[] = () => [];
  private tallPage = false;
  /** What is awaited and was last seen; the command that runs. */
  private waiting: readonly [string, ...string[]] | undefined;
  private running: string | undefined;
  /** The lines of the question that waits for a key. */
  private asked: readonly string[] = [];

  constructor(options: TerminalOptions) {
    this.options = options;
    this.interrupt = options.interrupt ?? (() => void process.kill(process.pid, 'SIGINT'));
    this.keyboard = new Keyboard(options.input, this.interrupt);
    this.live = new LiveLine(options.output, options.colour);
  }

  private get look(): Look {
    const { colour, accessible, columns, output } = this.options;
    return { colour, accessible, columns: columns ?? columnsOf(output) };
  }

  emit(event: CourseEvent): void {
    if (this.away) {
      this.held.push(event);
      return;
    }
    switch (event.type) {
      case 'awaiting':
        this.await(`Waiting: ${harmless(event.claim)}`, `Last seen: ${lastSeen(event.verdict)}`);
        if (this.options.accessible && this.news.isNews(event.claim, event.verdict)) this.printWaiting();
        return;
      case 'preparing':
        this.await(`${harmless(event.what)} ...`);
        if (this.options.accessible) this.printWaiting();
        return;
      case 'check':
        if (this.news.isNews(`check ${event.claim}`, event.verdict)) this.print(eventLines(event, this.look));
        return;
      case 'command-started':
        this.print(eventLines(event, this.look));
        if (!event.command.background) this.running = harmless(event.command.text).split('\n')[0];
        this.redraw(true);
        return;
      case 'command-output':
        this.print(eventLines(event, this.look));
        return;
      case 'command-ended':
        this.running = undefined;
        this.redraw(false);
        this.print(eventLines(event, this.look));
        return;
      case 'tick-turned-amber':
      case 'note':
        // Seen beside an open question, whose keys go on being read: it is said again below.
        this.print([...eventLines(event, this.look), ...this.asked]);
        return;
      default:
        this.turnPage(event);
    }
  }

  /** Events after which nothing is awaited any more. */
  private turnPage(event: CourseEvent): void {
    if (event.type !== 'hint' && event.type !== 'learner-command') {
      this.waiting = undefined;
      this.redraw(false);
    }
    if (event.type === 'step-opened') {
      this.news.forget();
      this.step = `Step ${event.number} of ${event.of}: ${harmless(event.page.heading)}`;
      this.page = () => pageLines(event, this.look);
      const lines = this.page();
      const { output } = this.options;
      this.tallPage = 'rows' in output && typeof output.rows === 'number' && lines.length + 4 > output.rows;
      this.print(lines);
      return;
    }
    this.print(eventLines(event, this.look));
    if (event.type === 'lesson-started' && event.fromStep <= 1) this.print(introductionLines(event.lesson, this.look));
    if (event.type === 'step-reached') this.print(debriefLines(event.page, this.look));
  }

  async next(question: string, extra: readonly ('run' | 'shell')[] = []): ReturnType<Ui['next']> {
    const keys = nextKeysWith(extra);
    const styles = stylesFor(this.look);
    const heading = this.tallPage && this.step ? wrap(styles.faint(this.step), this.look.columns) : [];
    this.tallPage = false;
    this.waiting = undefined;
    this.redraw(false);
    this.asked = ['', ...heading, ...wrap(harmless(question), this.look.columns), ...keyLines(keys, this.look)];
    this.print(this.asked);
    try {
      this.options.signal?.throwIfAborted();
      return await keyPressed(this.keyboard, keys, this.options.signal);
    } finally {
      this.asked = [];
    }
  }

  async predict(prediction: Prediction): Promise<string> {
    return this.lend(async () => {
      const { input, output, signal, accessible } = this.options;
      const io: PromptIo = { input, output, signal, accessible };
      output.write('\n');
      try {
        if (prediction.kind === 'choice') return await choose(harmless(prediction.question), prediction.choices, io);
        return String(await askSeconds(harmless(prediction.question), io));
      } catch (error) {
        // Everything else that runs hears of it by the signal.
        if (error instanceof Interrupted && !signal?.aborted) this.interrupt();
        throw error;
      }
    });
  }

  async taskKey(signal: AbortSignal): Promise<TaskKey> {
    signal.throwIfAborted();
    this.taskOpen = true;
    this.redraw(true);
    if (this.options.accessible) {
      const step = this.step ? wrap(this.step, this.look.columns) : [];
      this.print(['', ...step, ...keyLines(taskKeys, this.look)]);
    }
    try {
      return await keyPressed(this.keyboard, taskKeys, signal, (key) => {
        if (key === '?' || key === 'return') this.print(helpLines(this.look));
        else if (key === 'p') this.print(this.page());
      });
    } finally {
      this.taskOpen = false;
      this.redraw(false);
    }
  }

  async shell(environment: Record<string, string>): Promise<void> {
    await this.lend(() => (this.options.openShell ?? openShell)(environment, { signal: this.options.signal }));
  }

  close(): void {
    this.live.hide();
    this.keyboard.stop();
  }

  /** Gives the terminal to a prompt or a shell. */
  private async lend<T>(use: () => Promise<T>): Promise<T> {
    this.close();
    this.away = true;
    try {
      return await use();
    } finally {
      this.away = false;
      for (const event of this.held.splice(0)) this.emit(event);
    }
  }

  private await(...lines: readonly [string, ...string[]]): void {
    this.waiting = lines;
    this.redraw(true);
  }

  private printWaiting(): void {
    this.print((this.waiting ?? []).flatMap((line) => wrap(line, this.look.columns)));
  }

  /** Draws the live line, or takes it away: `wanted` by whoever waits, and always while a task is open. */
  private redraw(wanted: boolean): void {
    if (this.options.accessible || this.away) return;
    const awaited = this.running ? [`Running: ${this.running}`] : (this.waiting ?? []);
    const lines = liveLines(awaited, this.taskOpen ? (this.step ?? '') : undefined, this.look);
    if (!this.taskOpen && (!wanted || lines.length === 0)) {
      this.close();
      return;
    }
    this.live.show(lines);
    // Keys pressed while nobody asks are swallowed: they must not answer the next question.
    if (!this.taskOpen) this.keyboard.listen(() => undefined);
  }

  private print(lines: readonly string[]): void {
    if (lines.length > 0) this.options.output.write(`${lines.join('\n')}\n`);
  }
}
