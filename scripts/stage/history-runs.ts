import { z } from 'zod';
import type { TimelineLine } from '../probes/timeline.ts';
import { causeOfFailures } from './causes.ts';
import type { EventKind, StageEvent } from './event.ts';

const secondSchema = z.object({
  run: z.string().default(''),
  at: z.string().transform((at) => Date.parse(at)),
  due: z.number(),
  answered: z.number(),
  failed: z.number(),
  failures: z.array(z.object({ door: z.string(), how: z.string(), count: z.number(), lastAt: z.number() })),
  p99Ms: z.number(),
  healthy: z.boolean().nullable(),
});
export type HistorySecond = z.infer<typeof secondSchema>;

const eventSchema = z.object({
  run: z.string().default(''),
  at: z.string().transform((at) => Date.parse(at)),
  id: z.number(),
  kind: z.string().transform((kind) => kind as EventKind),
  says: z.string(),
  machine: z.string().optional(),
  subject: z.string().optional(),
  because: z.number().optional(),
});

/** One run of the stage: numbers of events count within it only. */
export interface HistoryRun {
  seconds: readonly HistorySecond[];
  events: readonly StageEvent[];
}

/** What the stage kept of a time, from the lines of its history. A line that a crash cut short is left out. */
export function runsIn(timeline: readonly TimelineLine[]): HistoryRun[] {
  const runs = new Map<string, { seconds: HistorySecond[]; events: StageEvent[] }>();
  const runOf = (name: string): { seconds: HistorySecond[]; events: StageEvent[] } => {
    const run = runs.get(name) ?? { seconds: [], events: [] };
    runs.set(name, run);
    return run;
  };
  for (const line of timeline) {
    if (line.type === 'stage-second') {
      const parsed = secondSchema.safeParse(line).data;
      if (parsed) runOf(parsed.run).seconds.push(parsed);
    }
    if (line.type === 'stage-event') {
      const parsed = eventSchema.safeParse(line).data;
      if (!parsed) continue;
      const { run, ...event } = parsed;
      // zod types an absent property as `undefined`; an event wants it absent.
      runOf(run).events.push(JSON.parse(JSON.stringify(event)) as StageEvent);
    }
  }
  return [...runs.values()];
}

/** The seconds of all runs, in the order of their time. Two stages at once add up: the app served both. */
export function secondsIn(runs: readonly HistoryRun[]): HistorySecond[] {
  const byTime = new Map<number, HistorySecond>();
  for (const second of runs.flatMap(({ seconds }) => seconds)) {
    const other = byTime.get(second.at);
    byTime.set(second.at, other ? together(other, second) : second);
  }
  return [...byTime.values()].toSorted((one, other) => one.at - other.at);
}

const together = (one: HistorySecond, other: HistorySecond): HistorySecond => ({
  ...one,
  due: one.due + other.due,
  answered: one.answered + other.answered,
  failed: one.failed + other.failed,
  p99Ms: Math.max(one.p99Ms, other.p99Ms),
  healthy: one.healthy === false || other.healthy === false ? false : (one.healthy ?? other.healthy),
});

export interface ExplainedFailures {
  event: StageEvent | undefined;
  failed: number;
}

/** The failed requests of a run by the event that caused them. Only events of the same run are asked. */
export function failuresOf({ seconds, events }: HistoryRun): ExplainedFailures[] {
  const found = new Map<number | undefined, ExplainedFailures>();
  for (const { at, failures } of seconds) {
    for (const one of failures) {
      const event = causeOfFailures(at, one, events);
      const failed = (found.get(event?.id)?.failed ?? 0) + one.count;
      found.set(event?.id, { event, failed });
    }
  }
  return [...found.values()];
}

/** The lines of the run that was started last and saw a request, in the order of their time; none where there is none. */
export function lastStageRun(lines: readonly TimelineLine[]): TimelineLine[] {
  const underLoad = new Set(lines.filter(({ type }) => type === 'stage-second').map((line) => line['run']));
  const last = lines.findLast((line) => line.type === 'stage-started' && underLoad.has(line['run']));
  if (!last) return [];
  const own = lines.filter((line) => line['run'] === last['run']);
  return own.toSorted((one, other) => one.at.localeCompare(other.at));
}
