import type { Lab } from '../lab/lab.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import type { CommandResult } from '../system/run.ts';
import { sleep } from './look.ts';
import type { Page, PageCommand } from './model.ts';
import type { CourseEvent, Ui } from './ui.ts';

/** Seconds that one command of a page may take. */
const commandLimitSeconds = 600;
/** Seconds that a background command is given to end after it was told to. */
const endSeconds = 5;

/** Runs the commands of one page. Those in the background live until `end` is called. */
export class PageCommands {
  readonly page: Page;
  readonly lab: Lab;
  readonly emit: (event: CourseEvent) => void;
  private readonly before: Ui['beforeCommand'];
  private readonly over = new AbortController();
  private readonly background = new Map<PageCommand, Promise<unknown>>();

  constructor(page: Page, lab: Lab, emit: (event: CourseEvent) => void, before?: Ui['beforeCommand']) {
    this.page = page;
    this.lab = lab;
    this.emit = emit;
    this.before = before;
  }

  /**
   * Runs the page's commands in order, with live output, and stops at the first that did not end as the page says.
   * Returns why it stopped, or undefined where all went well. @throws the signal's reason.
   */
  async runAll(signal: AbortSignal): Promise<string | undefined> {
    for (const command of this.page.commands) {
      if (command.show) continue;
      if ((await this.before?.(command, signal)) === 'stop') return undefined;
      if (command.background) {
        this.startInBackground(command);
        continue;
      }
      const exitCode = await this.runOne(command, signal);
      if ((exitCode === 0) === command.fails) {
        const wanted = command.fails ? 'was expected to fail, and succeeded' : `failed (exit code ${exitCode})`;
        return `${named(command)} (line ${command.line} of the page) ${wanted}`;
      }
    }
    return undefined;
  }

  /** Ends what runs in the background. */
  async end(): Promise<void> {
    this.over.abort(new Error('the step ended'));
    const enough = new AbortController();
    const ended = Promise.all(this.background.values());
    await Promise.race([ended, sleep(endSeconds, enough.signal).catch(() => undefined)]);
    enough.abort();
  }

  private async runOne(command: PageCommand, signal: AbortSignal): Promise<number> {
    const startedAt = Date.now();
    this.emit({ type: 'command-started', command });
    const { exitCode } = await this.run(command, signal);
    signal.throwIfAborted();
    this.emit({ type: 'command-ended', command, exitCode, seconds: (Date.now() - startedAt) / 1000 });
    return exitCode;
  }

  private startInBackground(command: PageCommand): void {
    if (this.background.has(command)) return;
    this.emit({ type: 'command-started', command });
    const startedAt = Date.now();
    const ended = this.run(command, this.over.signal).then(
      ({ exitCode }) => {
        if (this.over.signal.aborted) return;
        this.emit({ type: 'command-ended', command, exitCode, seconds: (Date.now() - startedAt) / 1000 });
      },
      () => undefined,
    );
    this.background.set(command, ended);
  }

  private async run(command: PageCommand, signal: AbortSignal): Promise<CommandResult> {
    const emitLine = (line: string): void => {
      if (!this.over.signal.aborted) this.emit({ type: 'command-output', line });
    };
    const options = { signal, timeoutSeconds: commandLimitSeconds };
    try {
      // Of several lines each must work, or a broken one in the middle would go unseen.
      const script = command.fails ? command.text : `set -e\n${command.text}`;
      if (command.on === undefined) return await this.lab.onHost(script, { ...options, onLine: emitLine });
      const result = await this.lab.on(command.on, script, options);
      for (const line of linesOf(result)) emitLine(line);
      return result;
    } catch (error) {
      // A machine that is down on purpose does not answer: that command failed, which its page may well expect.
      if (
        error instanceof FiredrillError &&
        (error.code === 'machine-unreachable' || error.code === 'command-timed-out')
      ) {
        emitLine(messageOf(error));
        return { stdout: '', stderr: messageOf(error), exitCode: 255 };
      }
      throw error;
    }
  }
}

const linesOf = ({ stdout, stderr }: CommandResult): string[] =>
  [stdout, stderr].flatMap((text) => (text.trimEnd() === '' ? [] : text.trimEnd().split('\n')));

/** Of a script of several lines nobody can tell from its exit code which one it was. */
function named(command: PageCommand): string {
  const [first = '', ...more] = command.text.trim().split('\n');
  return more.length === 0 ? `the command '${first}'` : `one of the commands from '${first}' on`;
}
