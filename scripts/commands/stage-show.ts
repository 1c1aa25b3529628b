import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { StageEvent } from '../stage/event.ts';
import { eventLine, secondLine, summaryLines } from '../stage/lines.ts';
import { screenLines } from '../stage/screen.ts';
import type { StageSource } from '../stage/source.ts';
import type { Summary } from '../stage/summary.ts';
import { Keyboard, type KeyInput } from '../ui/keyboard.ts';
import { columnsOf, wantsAccessible, wantsColour } from '../ui/look.ts';
import { interrupt, type Context } from './context.ts';

interface End {
  signal: AbortSignal;
  seconds: number | undefined;
}

/** How the stage is shown in this process's own streams. */
export interface StageShow {
  page(url: string): void;
  event: (event: StageEvent) => void;
  /** Shows it until the time is over, somebody ends it, or the signal is aborted. Never throws. */
  until(stage: StageSource, end: End): Promise<void>;
  /** Gives the terminal back. */
  close(): void;
  summary(summary: Summary, history: string): void;
}

/** Where it is drawn, and where keys come from. */
interface Terminal {
  input: KeyInput;
  output: Writable & { rows?: number; isTTY?: boolean };
}

/** A screen that is drawn anew in a terminal; a line a second elsewhere; JSON where it is asked for. */
export function showStage(
  context: Context,
  auto: boolean,
  terminal: Terminal = { input: process.stdin, output: process.stdout },
): StageShow {
  if (context.json) return jsonShow(context);
  return context.interactive && !auto && !wantsAccessible() ? screenShow(context, terminal) : lineShow(context);
}

const secondMilliseconds = 1000;

/** Calls `work` every second until the end. */
async function everySecond({ signal, seconds }: End, work: () => void): Promise<void> {
  const over = seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
  const isOver = (): boolean => over.aborted;
  while (!isOver()) {
    await pause(secondMilliseconds, undefined, { signal: over }).catch(() => undefined);
    if (!isOver()) work();
  }
}

function lineShow(context: Context): StageShow {
  return {
    page: (url) => {
      context.print(`Page: ${url}`);
    },
    event: (event) => {
      context.print(eventLine(event));
    },
    until: (stage, end) =>
      everySecond(end, () => {
        context.print(secondLine(stage.view()));
      }),
    close: () => undefined,
    summary: (summary, history) => {
      printSummary(context, summary, history);
    },
  };
}

function jsonShow(context: Context): StageShow {
  return {
    page: (url) => {
      context.printJson({ type: 'page', url });
    },
    event: (event) => {
      context.printJson({ type: 'event', ...event });
    },
    until: (stage, end) =>
      everySecond(end, () => {
        context.printJson({ type: 'second', ...stage.view() });
      }),
    close: () => undefined,
    summary: (summary, history) => {
      context.printJson({ type: 'summary', ...summary, history });
    },
  };
}

/** The other screen that terminals have, as editors use it (xterm's 1049): what was there before comes back. */
const otherScreen = { enter: '\u001b[?1049h', leave: '\u001b[?1049l' };
const home = '\u001b[H';
const clearRestOfLine = '\u001b[K';
const clearBelow = '\u001b[J';

function screenShow(context: Context, { input, output }: Terminal): StageShow {
  const keyboard = new Keyboard(input, interrupt);
  const ended = new AbortController();
  let url: string | undefined;
  let shown = false;
  const end = (): void => {
    ended.abort();
  };
  const draw = (stage: StageSource): void => {
    const look = { columns: columnsOf(output), colour: wantsColour(output), accessible: false };
    const rows = (output.rows || 24) - (url === undefined ? 0 : 1);
    const content = { view: stage.view(), seconds: stage.seconds().slice(-200), events: stage.events().slice(-50) };
    const lines = [...(url === undefined ? [] : [`Page: ${url}`]), ...screenLines(content, look, rows)];
    output.write(`${home}${lines.map((line) => line + clearRestOfLine).join('\n')}${clearBelow}`);
  };
  return {
    page: (given) => {
      url = given;
    },
    event: () => undefined,
    async until(stage, { signal, seconds }) {
      output.write(otherScreen.enter);
      shown = true;
      keyboard.listen((key) => {
        if (key.toLowerCase() === 'q') end();
      }, end);
      draw(stage);
      await everySecond({ signal: AbortSignal.any([signal, ended.signal]), seconds }, () => {
        draw(stage);
      });
    },
    close() {
      keyboard.stop();
      if (shown) output.write(otherScreen.leave);
      shown = false;
      context.print('Ending the load.');
    },
    summary: (summary, history) => {
      printSummary(context, summary, history);
    },
  };
}

function printSummary(context: Context, summary: Summary, history: string): void {
  context.print('');
  for (const line of summaryLines(summary)) context.print(line);
  context.print(`History: ${history}`);
  context.print("Draw it: 'npx firedrill report --stage'");
}
