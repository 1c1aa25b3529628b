import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../system/folders.ts';
import { failedIn, isHealthy } from './load/second.ts';
import type { StageRecorder } from './source.ts';
import type { Summary } from './summary.ts';

/** Name of the file with the stage's history of a lab and a day (UTC), beside the event logs of the lessons. */
export const historyName = (lab: string, day: string): string => `${day}-stage-${lab}.jsonl`;

export interface History extends StageRecorder {
  path: string;
  started(rate: number): void;
  ended(summary: Summary): void;
}

/**
 * The history of a run, a line of JSON for every second and every event, with its time. `firedrill report` merges it into
 * the timeline of a lesson that was taken meanwhile. The runs of a day share a file, and each counts its events from 1:
 * so every line names its run.
 */
export function openHistory(lab: string, folder = join(stateFolder(), 'events')): History {
  const path = join(folder, historyName(lab, new Date().toISOString().slice(0, 10)));
  const run = randomUUID();
  let works = true;
  const write = (at: number, type: string, line: object): void => {
    if (!works) return;
    try {
      mkdirSync(folder, { recursive: true });
      appendFileSync(path, `${JSON.stringify({ at: new Date(at).toISOString(), type, run, ...line })}\n`);
    } catch {
      // A full disk must not end the load; the history is the first thing to go without.
      works = false;
    }
  };
  return {
    path,
    started: (rate) => {
      write(Date.now(), 'stage-started', { lab, rate });
    },
    second: (second) => {
      const { at, final, ...numbers } = second;
      if (final)
        write(at, 'stage-second', { ...numbers, failed: failedIn(second), healthy: isHealthy(second) ?? null });
    },
    event: ({ at, ...event }) => {
      write(at, 'stage-event', event);
    },
    ended: (summary) => {
      write(Date.now(), 'stage-ended', summary);
    },
  };
}
