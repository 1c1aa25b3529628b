import type { Writable } from 'node:stream';
import { LiveLine } from './live-line.ts';
import { duration, stylesFor, wantsAccessible } from './look.ts';
import { harmless } from './wrap.ts';

/** One action that is under way. */
export interface Action {
  /** What it does just now: "3 of 6 machines", "42 %, 20 s left". */
  update(text: string): void;
  done(detail?: string): void;
  failed(why: string): void;
}

export interface ActionReporter {
  /** Begins an action. Several may be under way at once. */
  action(title: string): Action;
  /** Takes the spinner away, whatever is under way. */
  close(): void;
}

export interface ReporterOptions {
  output: Writable;
  colour: boolean;
  /** Whether lines may be drawn again: a terminal. ACCESSIBLE=1 overrules it. */
  interactive: boolean;
}

/** Seconds between two lines about the same action where lines are not drawn again. */
const linePauseSeconds = 10;
const tickMilliseconds = 200;

/** The named actions of `lab up`, `bundle build`, `setup`: a spinner with its time on a terminal, plain lines elsewhere. */
export function createActionReporter(options: ReporterOptions): ActionReporter {
  return options.interactive && !wantsAccessible() ? liveReporter(options) : lineReporter(options);
}

const endLines = (mark: string, title: string, startedAt: number, detail: string | undefined): string =>
  `${mark}${title}  ${duration((Date.now() - startedAt) / 1000)}${detail ? `  ${detail}` : ''}\n`;

function liveReporter({ output, colour }: ReporterOptions): ActionReporter {
  const styles = stylesFor({ colour });
  const live = new LiveLine(output, colour);
  const running = new Set<{ title: string; startedAt: number; text: string }>();
  let ticking: NodeJS.Timeout | undefined;
  const draw = () => {
    const columns = 'columns' in output && typeof output.columns === 'number' ? output.columns : 80;
    const lines = [...running].map(({ title, startedAt, text }) => {
      const line = `${title}  ${((Date.now() - startedAt) / 1000).toFixed(0)} s${text ? `  ${text}` : ''}`;
      return line.length > columns - 3 ? `${line.slice(0, columns - 4)}…` : line;
    });
    live.show(lines.map((line, index) => (index === 0 ? line : `  ${line}`)));
  };
  const stop = () => {
    clearInterval(ticking);
    ticking = undefined;
    live.hide();
  };
  return {
    close: stop,
    action: (title) => {
      const own = { title, startedAt: Date.now(), text: '' };
      running.add(own);
      ticking ??= setInterval(draw, tickMilliseconds);
      draw();
      const end = (mark: string, detail: string | undefined) => {
        running.delete(own);
        if (running.size === 0) stop();
        output.write(endLines(mark, title, own.startedAt, detail));
        if (running.size > 0) draw();
      };
      return {
        update: (text) => {
          own.text = harmless(text).replace(/\s+/g, ' ');
        },
        done: (detail) => {
          end(`${styles.good('✔')} `, detail && styles.faint(harmless(detail)));
        },
        failed: (why) => {
          end(`${styles.bad('✖')} `, harmless(why));
        },
      };
    },
  };
}

function lineReporter({ output, colour }: ReporterOptions): ActionReporter {
  const styles = stylesFor({ colour });
  return {
    close: () => undefined,
    action: (title) => {
      const startedAt = Date.now();
      let saidAt = startedAt;
      const end = (words: string, detail: string | undefined) => {
        const time = duration((Date.now() - startedAt) / 1000);
        output.write(`${title} ... ${words}${time}${detail ? `  ${harmless(detail)}` : ''}\n`);
      };
      return {
        update: (text) => {
          if (Date.now() - saidAt < linePauseSeconds * 1000) return;
          saidAt = Date.now();
          output.write(`${title} ... ${harmless(text)}\n`);
        },
        done: (detail) => {
          end('', detail);
        },
        failed: (why) => {
          end(`${styles.bad('failed')} after `, why);
        },
      };
    },
  };
}
