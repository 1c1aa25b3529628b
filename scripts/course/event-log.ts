import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from '../system/folders.ts';
import { maskedJson } from '../system/secrets.ts';
import { eventToJson } from './event-json.ts';
import type { CourseEvent } from './ui.ts';

export interface EventLog {
  path: string;
  take(event: CourseEvent): void;
}

/**
 * A log of a lesson's events, one JSON object with its time a line: `events/<date>-<lesson>.jsonl` in the state folder.
 * Secrets are masked before they are written: a log is made to be shown around.
 */
export function openEventLog(lessonId: string, folder = join(stateFolder(), 'events')): EventLog {
  const path = join(folder, `${new Date().toISOString().slice(0, 10)}-${lessonId}.jsonl`);
  let works = true;
  return {
    path,
    take(event) {
      if (!works) return;
      try {
        mkdirSync(folder, { recursive: true });
        appendFileSync(path, `${maskedJson({ at: new Date().toISOString(), ...eventToJson(event) })}\n`);
      } catch {
        // A full disk must not end a lesson; the log is the first thing to go without.
        works = false;
      }
    },
  };
}
