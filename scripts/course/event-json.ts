import { isRecorded, type LoadedLesson, type PageCommand, type Step } from './model.ts';
import type { CourseEvent } from './ui.ts';

/**
 * An event as a small JSON object: for the event log, and for `--json`.
 * Lessons, pages and commands become their names; the definition of a lesson (functions, long text) stays out.
 */
export function eventToJson(event: CourseEvent): Record<string, unknown> {
  switch (event.type) {
    case 'lesson-started':
      return { type: event.type, ...lessonName(event.lesson), fromStep: event.fromStep };
    case 'step-opened':
      return {
        type: event.type,
        ...lessonName(event.lesson),
        step: event.page.heading,
        number: event.number,
        of: event.of,
        ...recording(event.lesson.definition.steps[event.page.heading]),
      };
    case 'command-started':
      return { type: event.type, ...commandName(event.command) };
    case 'command-ended':
      return {
        type: event.type,
        ...commandName(event.command),
        exitCode: event.exitCode,
        seconds: rounded(event.seconds),
      };
    case 'step-reached':
      return {
        type: event.type,
        ...lessonName(event.lesson),
        step: event.page.heading,
        how: event.how,
        seconds: rounded(event.seconds),
      };
    case 'tick-turned-amber': {
      const { type, lesson, page, claim, verdict } = event;
      return { type, ...lessonName(lesson), step: page.heading, claim, verdict };
    }
    case 'step-failed':
      return { type: event.type, step: event.page.heading, why: event.why };
    case 'lesson-finished':
      return {
        type: event.type,
        ...lessonName(event.lesson),
        fromStep: event.fromStep,
        seconds: rounded(event.seconds),
      };
    case 'prepared':
    case 'fault-bites':
      return { ...event, seconds: rounded(event.seconds) };
    default:
      return { ...event };
  }
}

/** Kind of the step, where the probes run beside it. */
const recording = (step: Step | undefined) => (isRecorded(step) ? { records: step?.kind } : {});

const lessonName = (lesson: LoadedLesson) => ({ lesson: lesson.id });

const commandName = (command: PageCommand) => ({
  command: command.text,
  ...(command.on === undefined ? {} : { on: command.on }),
});

/** To the millisecond: more digits only look exact. */
const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
