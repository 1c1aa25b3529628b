import { setTimeout as pause } from 'node:timers/promises';
import { FiredrillError } from '../system/errors.ts';
import type { CastEvent, Frame } from './cast.ts';
import { startInPty, type PtyProgram } from './pty.ts';
import { namedKeys, type Scenario, type ScenarioStep } from './scenario.ts';
import { Screen, timesIn } from './screen.ts';
import { Tape } from './tape.ts';

const lookSeconds = 0.2;
const withinSeconds = 60;
const readSeconds = 1;
const betweenLettersSeconds = 0.06;
/** Between the last letter and Enter. */
const beforeKeySeconds = 0.5;

export const size = { columns: 80, rows: 24 } as const;

export interface RecordOptions {
  signal?: AbortSignal | undefined;
  env?: Record<string, string | undefined> | undefined;
  /** Told what is awaited. */
  say?: ((what: string) => void) | undefined;
}

export interface Recording {
  events: readonly CastEvent[];
  frames: readonly Frame[];
}

/**
 * Runs a program in a terminal, does what the scenario says, and waits for its end.
 * @throws FiredrillError `not-on-screen`, `ended-early`, `ended-badly`, each with the screen; the reason of the signal.
 */
export async function record(
  words: readonly string[],
  scenario: Scenario,
  options: RecordOptions = {},
): Promise<Recording> {
  return new Session(words, options).perform(scenario);
}

class Session {
  private readonly screen: Screen;
  private readonly tape: Tape;
  private readonly program: PtyProgram;
  private readonly options: RecordOptions;
  private readonly over = new AbortController();
  private exitCode: number | undefined;
  /** What was there when the last key was pressed: only what comes after it can be waited for. */
  private lettersBefore = '';

  constructor(words: readonly string[], options: RecordOptions) {
    this.options = options;
    this.screen = new Screen(size, (keys) => {
      this.program.type(keys);
    });
    this.tape = new Tape(this.screen);
    const onOutput = (output: string) => {
      this.tape.take(output);
    };
    this.program = startInPty(words, { ...size, env: options.env, onOutput });
  }

  async perform(scenario: Scenario): Promise<Recording> {
    const watching = this.program.ended.then((exitCode) => {
      this.exitCode = exitCode;
      this.over.abort();
    });
    try {
      for (const step of scenario.steps) await this.act(step);
      await this.untilEnd();
    } finally {
      await this.program.end();
      await watching;
    }
    const { events, frames } = this.tape;
    return { events, frames };
  }

  private async act(step: ScenarioStep): Promise<void> {
    const { wait, within, shownSeconds, frame, read = readSeconds, type = '', press } = step;
    const from = this.tape.seconds;
    if (wait !== undefined) await this.untilShown(wait, within);
    if (shownSeconds !== undefined) this.tape.shorten(from, shownSeconds);
    if (frame !== undefined) this.tape.keep(frame);
    await this.rest(read);
    for (const letter of type) {
      this.program.type(letter);
      await this.rest(betweenLettersSeconds);
    }
    if (press === undefined) return;
    if (type !== '') await this.rest(beforeKeySeconds);
    this.lettersBefore = this.screen.letters();
    this.program.type(press in namedKeys ? namedKeys[press as keyof typeof namedKeys] : press);
  }

  private async untilShown(text: string, within = withinSeconds): Promise<void> {
    this.options.say?.(text);
    const giveUpAt = this.tape.seconds + within;
    const before = timesIn(this.lettersBefore, text);
    for (;;) {
      const hasEnded = this.exitCode !== undefined;
      await this.tape.drawn();
      if (timesIn(this.screen.letters(), text) > before) return;
      if (hasEnded) {
        throw this.failed(
          'ended-early',
          `The program ended (exit code ${this.exitCode ?? 0}), and never showed '${text}'.`,
        );
      }
      if (this.tape.seconds > giveUpAt) {
        throw this.failed('not-on-screen', `'${text}' did not come to the screen within ${within} s.`);
      }
      await this.rest(lookSeconds);
    }
  }

  private async untilEnd(): Promise<void> {
    const giveUpAt = this.tape.seconds + withinSeconds;
    while (this.exitCode === undefined) {
      if (this.tape.seconds > giveUpAt) {
        throw this.failed('ended-badly', 'The scenario is over, and the program still runs.');
      }
      await this.rest(lookSeconds);
    }
    await this.tape.drawn();
    if (this.exitCode !== 0) throw this.failed('ended-badly', `The program ended with exit code ${this.exitCode}.`);
  }

  private failed(code: string, message: string): FiredrillError {
    const seen = this.screen.rows().map((row) => `  | ${row}`.trimEnd());
    return new FiredrillError(`${message} The screen:\n${seen.join('\n')}`, {
      code,
      remedy: "Correct the scenario, or put the lab back: 'npx firedrill reset'.",
    });
  }

  /** Shorter where the program ends. */
  private async rest(seconds: number): Promise<void> {
    const { signal } = this.options;
    const ends = signal ? AbortSignal.any([signal, this.over.signal]) : this.over.signal;
    await pause(seconds * 1000, undefined, { signal: ends }).catch(() => undefined);
    signal?.throwIfAborted();
  }
}
