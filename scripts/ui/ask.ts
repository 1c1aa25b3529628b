import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { Interrupted } from '../system/errors.ts';
import { columnsOf, wantsAccessible } from './look.ts';
import { hanging, harmless, visibleWidth, wrap } from './wrap.ts';

/** Where a question is asked. `accessible`: as plain lines with numbers to type; default: what ACCESSIBLE says. */
export interface PromptIo {
  input: Readable;
  output: Writable;
  signal?: AbortSignal | undefined;
  accessible?: boolean | undefined;
}

export interface Choice<Value> {
  value: Value;
  says: string;
  /** The same without columns: to be read aloud, and as the answer. Default: `says`. */
  plain?: string;
}

/** The longest time that can be bet on, in seconds: one hour. */
const mostSeconds = 3600;

const isAccessible = (io: PromptIo): boolean => io.accessible ?? wantsAccessible();

/** Yes or no. @throws Interrupted on Ctrl-C, or when the signal aborts. */
export async function confirm(question: string, io: PromptIo, byDefault = true): Promise<boolean> {
  if (!isAccessible(io)) {
    const prompts = await import('@inquirer/prompts');
    return prompted(prompts.confirm({ message: wrapped(question, io), default: byDefault }, contextOf(io)));
  }
  return askLine(`${question} (yes or no, Enter is ${byDefault ? 'yes' : 'no'}): `, io, (answer) => {
    if (answer === '') return { value: byDefault };
    if (/^y(es)?$/i.test(answer)) return { value: true };
    if (/^no?$/i.test(answer)) return { value: false };
    return { refusal: 'Please type yes or no.' };
  });
}

/** One of several. @throws Interrupted on Ctrl-C, or when the signal aborts. */
export async function choose<const Value>(
  question: string,
  choices: readonly Choice<Value>[],
  io: PromptIo,
  byDefault?: Value,
): Promise<Value> {
  if (!isAccessible(io)) {
    const prompts = await import('@inquirer/prompts');
    const message = wrapped(question, io);
    const config = {
      message,
      choices: choices.map(({ value, says, plain }) => ({
        value,
        name: harmless(says),
        short: behind(message, harmless(plain ?? says), io),
      })),
      loop: false,
      // A menu of all lessons fits into a terminal of 24 lines.
      pageSize: 16,
    };
    const start = choices.find(({ value }) => value === byDefault)?.value;
    return prompted(prompts.select<Value>(start === undefined ? config : { ...config, default: start }, contextOf(io)));
  }
  const listed = choices.map(({ says, plain }, index) =>
    hanging(`  ${index + 1}. `, plainLines(plain ?? says, io)).join('\n'),
  );
  io.output.write(`${[...plainLines(question, io), ...listed].join('\n')}\n`);
  return askLine(`Type a number from 1 to ${choices.length}: `, io, (answer) => {
    const choice = /^\d+$/.test(answer) ? choices[Number(answer) - 1] : undefined;
    return choice ? { value: choice.value } : { refusal: `Please type a number from 1 to ${choices.length}.` };
  });
}

/** A number of seconds. Takes `30`, `30 s`, `1.5`, `2 min`. @throws Interrupted, as above. */
export async function askSeconds(question: string, io: PromptIo): Promise<number> {
  const parse = (answer: string) => {
    const value = parseSeconds(answer);
    return value === undefined ? { refusal: secondsRefusal } : { value };
  };
  const asked = /\bseconds\?$/.test(question) ? question : `${question} (seconds)`;
  if (isAccessible(io)) return askLine(`${asked}: `, io, parse);
  const prompts = await import('@inquirer/prompts');
  const validate = (answer: string) => parseSeconds(answer) !== undefined || secondsRefusal;
  const answer = await prompted(prompts.input({ message: wrapped(asked, io), validate }, contextOf(io)));
  return parseSeconds(answer) ?? 0;
}

const secondsRefusal = `Please type a number of seconds from 0 to ${mostSeconds}, such as 30.`;

/** The seconds that an answer means; undefined for anything that is not a time up to an hour. */
export function parseSeconds(answer: string): number | undefined {
  const parts = /^\s*(\d+(?:[.,]\d+)?)\s*(s|secs?|seconds?|m|mins?|minutes?)?\s*$/i.exec(answer);
  if (!parts?.[1]) return undefined;
  const seconds = Number(parts[1].replace(',', '.')) * (parts[2]?.toLowerCase().startsWith('m') ? 60 : 1);
  return seconds <= mostSeconds ? seconds : undefined;
}

/** Columns of the mark in front of a question, and what is left free for a short answer behind it. */
const markColumns = 2;
const answerColumns = 8;
/** Columns of a number in front of a choice. */
const numberColumns = 6;

/** Lines of a choice, with room for its number; of a question that is asked without Inquirer. */
const plainLines = (text: string, { output }: PromptIo): string[] =>
  wrap(harmless(text), columnsOf(output) - numberColumns);

/** Inquirer breaks a long line wherever its last column is, within words. */
function wrapped(question: string, { output }: PromptIo): string {
  const lines = wrap(question, columnsOf(output) - markColumns - answerColumns);
  return hanging(' '.repeat(markColumns), lines).join('\n').trimStart();
}

/** An answer as it stands behind its question in the end: on lines of its own where it does not fit. */
function behind(message: string, answer: string, { output }: PromptIo): string {
  const columns = columnsOf(output);
  const lines = message.split('\n');
  const used = visibleWidth(lines.at(-1) ?? '') + (lines.length === 1 ? markColumns : 0);
  if (used + 1 + visibleWidth(answer) <= columns) return answer;
  const indent = ' '.repeat(markColumns);
  return `\n${hanging(indent, wrap(answer, columns - markColumns)).join('\n')}`;
}

const contextOf = ({ input, output, signal }: PromptIo) => ({ input, output, ...(signal ? { signal } : {}) });

/** Ctrl-C at a prompt, and an abort of its signal, are this program's Interrupted. */
async function prompted<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && ['ExitPromptError', 'AbortPromptError'].includes(error.name)) throw new Interrupted();
    throw error;
  }
}

/** Asks line by line until `parse` has no objection. */
async function askLine<T>(
  question: string,
  io: PromptIo,
  parse: (answer: string) => { value: T } | { refusal: string },
): Promise<T> {
  // Not as a terminal: readline then draws nothing, and Ctrl-C stays the signal that it is.
  const lines = createInterface({ input: io.input, output: io.output, terminal: false });
  const ended = new AbortController();
  lines.once('close', () => {
    ended.abort();
  });
  const signal = io.signal ? AbortSignal.any([io.signal, ended.signal]) : ended.signal;
  const shown = `${plainLines(question, io).join('\n')} `;
  try {
    for (;;) {
      const parsed = parse((await lines.question(shown, { signal })).trim());
      if ('value' in parsed) return parsed.value;
      io.output.write(`${parsed.refusal}\n`);
    }
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw error;
  } finally {
    lines.close();
  }
}
