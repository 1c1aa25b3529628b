import type { Writable } from 'node:stream';
import type { CourseEvent, Ui } from '../course/ui.ts';
import { eventLines } from './event-lines.ts';
import { columnsOf, type Look } from './look.ts';
import { noTerminal, unaskedBet } from './unattended.ts';
import { lastSeen, News } from './verdict-lines.ts';
import { harmless } from './wrap.ts';

/** Plain lines for logs and unattended runs: every command, what it said, every verdict. Asks nothing. */
export function createPlainUi({ output, colour = false }: { output: Writable; colour?: boolean }): Ui {
  const look: Look = { columns: columnsOf(output), colour, accessible: false };
  const news = new News();
  const print = (lines: readonly string[]) => {
    for (const line of lines) output.write(`${line}\n`);
  };
  return {
    interactive: false,
    emit: (event) => {
      if (event.type === 'step-opened') news.forget();
      print(plainLines(event, look, news));
    },
    next: () => Promise.resolve('next'),
    predict: (prediction) => {
      const bet = unaskedBet(prediction);
      print(['', `Bet: ${harmless(prediction.question)}`, `  Nobody was asked; "${bet.says}" is taken as the answer.`]);
      return Promise.resolve(bet.value);
    },
    taskKey: (signal) => {
      signal.throwIfAborted();
      return Promise.resolve('run');
    },
    shell: noTerminal,
  };
}

function plainLines(event: CourseEvent, look: Look, news: News): string[] {
  if (event.type !== 'awaiting' && event.type !== 'check') return eventLines(event, look);
  if (!news.isNews(`${event.type} ${event.claim}`, event.verdict)) return [];
  return event.type === 'check'
    ? eventLines(event, look)
    : [`... waiting: ${harmless(event.claim)}; saw: ${lastSeen(event.verdict)}`];
}
