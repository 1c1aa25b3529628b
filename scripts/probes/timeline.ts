import { z } from 'zod';
import type { SampleLine, State, SummaryLine } from './probe.ts';

const anyLine = z.looseObject({ at: z.string(), type: z.string() });

/** A line of an event log or of a samples file. */
export type TimelineLine = z.infer<typeof anyLine>;

/** The lines of a JSON-lines file. One that a crash cut short is left out. */
export function parseLines(text: string): TimelineLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [anyLine.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

/**
 * The lines of the last run in a day's event log: from the last `lesson-started` on. One that began at a later step goes on
 * with the run before it, if that was left before its end.
 */
export function lastRun(events: readonly TimelineLine[]): TimelineLine[] {
  const start = events.findLastIndex(({ type }) => type === 'lesson-started');
  if (start < 0) return [];
  const run = events.slice(start);
  if (Number(run[0]?.['fromStep'] ?? 1) === 1) return run;
  const before = lastRun(events.slice(0, start));
  return before.some(({ type }) => type === 'lesson-finished') ? run : [...before, ...run];
}

/** Events and samples as one timeline: the samples of the run that the events tell of. */
export function mergeTimeline(run: readonly TimelineLine[], samples: readonly TimelineLine[]): TimelineLine[] {
  const from = run[0]?.at ?? '';
  return [...run, ...samples.filter(({ at }) => at >= from)].sort((one, other) => one.at.localeCompare(other.at));
}

/**
 * The part of a timeline in which something was broken on purpose: a drill, or a task whose commands did it. Times are
 * milliseconds since the epoch.
 */
export interface DrillTimeline {
  step: string;
  from: number;
  to: number;
  /** When the fault was in force; where the program injected none, the time that `zeroIs` names. */
  faultAt: number;
  zeroIs?: 'first-command' | 'first-failure' | 'opening';
  lines: readonly TimelineLine[];
}

/** One for each fault, and each recorded task: from the opening of its step, but at most ten seconds before, until it was left. */
export function drillsIn(timeline: readonly TimelineLine[]): DrillTimeline[] {
  const steps = timeline.flatMap((line, index) => (line.type === 'step-opened' ? [index] : []));
  return steps.flatMap((start) => {
    const lines = linesOfStep(timeline.slice(start));
    const zero = zeroOf(lines);
    const last = lines.findLast(({ type }) => type === 'step-reached' || type === 'step-failed') ?? lines.at(-1);
    if (!zero || !last) return [];
    const { at: zeroAt, ...is } = zero;
    const [faultAt, to] = [Date.parse(zeroAt), Date.parse(last.at)];
    const from = Math.max(Date.parse(lines[0]?.at ?? zeroAt), faultAt - 10_000);
    const inside = lines.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= to);
    const step = textOf(lines[0]?.['step']);
    return [{ step, from, to, faultAt, ...is, lines: [...inside, ...lostAgain(step, timeline.slice(start + 1))] }];
  });
}

/** Up to the next step, or until somebody came back after the terminal was closed. */
function linesOfStep(lines: readonly TimelineLine[]): readonly TimelineLine[] {
  const end = lines.findIndex(({ type }, index) => index > 0 && (type === 'step-opened' || type === 'lesson-started'));
  return end < 0 ? lines : lines.slice(0, end);
}

/** What was lost again after a step was reached. It may have been seen on a page that came after it. */
function lostAgain(step: string, after: readonly TimelineLine[]): readonly TimelineLine[] {
  const isOfStep = (line: TimelineLine) => textOf(line['step']) === step;
  const again = after.findIndex((line) => line.type === 'step-opened' && isOfStep(line));
  const until = again < 0 ? after : after.slice(0, again);
  return until.filter((line) => line.type === 'tick-turned-amber' && isOfStep(line));
}

/** From when a step's times are counted; undefined where nothing was broken in it. */
function zeroOf(lines: readonly TimelineLine[]): (Pick<DrillTimeline, 'zeroIs'> & { at: string }) | undefined {
  const fault = lines.findLast(({ type }) => type === 'fault-injected');
  if (fault) return { at: fault.at };
  const [opened] = lines;
  const samples = lines.filter(isSample);
  // A drill that was left before its fault was recorded as well, and broke nothing.
  if (opened?.['records'] !== 'task' || samples.length === 0) return undefined;
  const command = lines.find(({ type }) => type === 'command-started' || type === 'learner-command');
  if (command) return { at: command.at, zeroIs: 'first-command' };
  const failure = samples.find(({ state }) => state === 'failed');
  return failure ? { at: failure.at, zeroIs: 'first-failure' } : { at: opened.at, zeroIs: 'opening' };
}

/** A stretch of time in which a probe saw the same. Times are milliseconds since the epoch. */
export interface Stretch {
  state: State;
  from: number;
  to: number;
  says: string;
  /** Milliseconds that its beginning and its end may be wrong by, together. */
  errorMs: number;
}

/** What each probe saw, as stretches without a gap. */
export function stretchesOf(drill: DrillTimeline): Map<string, Stretch[]> {
  const all = new Map<string, Stretch[]>();
  for (const sample of drill.lines.filter(isSample)) {
    const stretches = all.get(sample.probe) ?? [];
    all.set(sample.probe, stretches);
    const at = Date.parse(sample.at);
    const last = stretches.at(-1);
    if (last) last.to = at;
    if (last?.state === sample.state) continue;
    if (last) last.errorMs += sample.gapMs;
    stretches.push({ state: sample.state, from: at, to: at, says: sample.says ?? '', errorMs: sample.gapMs });
  }
  for (const stretches of all.values()) {
    const last = stretches.at(-1);
    // It was seen at least once a second: a probe that was silent for longer had ended.
    if (last) last.to = Math.max(last.to, Math.min(drill.to, last.to + 1500));
  }
  return all;
}

export const isSample = (line: TimelineLine): line is TimelineLine & SampleLine => line.type === 'probe';
export const isSummary = (line: TimelineLine): line is TimelineLine & SummaryLine => line.type === 'probes-summary';

export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
