import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRecorded } from '../course/model.ts';
import type { CourseEvent } from '../course/ui.ts';
import type { Lab } from '../lab/lab.ts';
import { messageOf } from '../system/errors.ts';
import { tooCostly } from '../probes/probe.ts';
import type { Recording } from '../probes/record.ts';

/** The samples file that belongs to an event log. */
export const samplesPath = (eventLog: string): string => eventLog.replace(/\.jsonl$/, '.samples.jsonl');

type StartProbes = (lab: Lab, write: (line: object) => void) => Promise<Recording>;

/** Runs the probes beside every drill and every task that breaks something, and keeps what they saw. A listener: the course does not know of it. */
export class FlightRecorder {
  private readonly lab: Lab;
  private readonly path: string;
  private readonly note: (text: string) => void;
  private readonly start: StartProbes;
  private works = true;
  private recording: Promise<Recording | undefined> | undefined;
  private readonly ending: Promise<void>[] = [];

  /** @param note takes a sentence for the learner. */
  constructor(lab: Lab, eventLog: string, note: (text: string) => void, start: StartProbes = startProbesOf) {
    this.lab = lab;
    this.path = samplesPath(eventLog);
    this.note = note;
    this.start = start;
  }

  take(event: CourseEvent): void {
    if (event.type === 'step-opened') {
      this.stop();
      if (isRecorded(event.lesson.definition.steps[event.page.heading])) this.begin();
    }
    if (event.type === 'step-reached' || event.type === 'step-failed' || event.type === 'lesson-finished') this.stop();
  }

  /** Ends what runs, and resolves when all is written. Never throws. */
  async end(): Promise<void> {
    this.stop();
    await Promise.all(this.ending);
  }

  private begin(): void {
    this.recording = this.start(this.lab, (line) => {
      this.write(line);
    }).catch((error: unknown) => {
      // A drill works without its probes.
      this.note(`The probes do not run: ${messageOf(error)}`);
      return undefined;
    });
  }

  private stop(): void {
    const { recording } = this;
    if (!recording) return;
    this.recording = undefined;
    this.ending.push(
      recording
        .then(async (running) => {
          const summary = await running?.stop();
          if (!summary || summary.cores <= tooCostly) return;
          const { costOf } = await import('../probes/incident-report.ts');
          this.note(`The probes: ${costOf(summary)}`);
        })
        .catch(() => undefined),
    );
  }

  private write(line: object): void {
    if (!this.works) return;
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      appendFileSync(this.path, `${JSON.stringify(line)}\n`);
    } catch {
      // A full disk must not end a lesson.
      this.works = false;
    }
  }
}

async function startProbesOf(lab: Lab, write: (line: object) => void): Promise<Recording> {
  const { startProbes } = await import('../probes/start-probes.ts');
  return startProbes(lab.layout.name, write);
}
