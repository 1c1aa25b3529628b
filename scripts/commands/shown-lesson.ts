import type { LessonEnd } from '../course/runner.ts';
import type { LoadedLesson } from '../course/model.ts';
import type { LessonRun } from '../course/run.ts';
import type { CourseEvent, Ui } from '../course/ui.ts';
import type { Lab } from '../lab/lab.ts';
import type { openShell } from '../ui/shell.ts';
import type { Context } from './context.ts';
import { runOn } from './lesson-lab.ts';
import { putBackWhatIsBroken } from './put-back.ts';

export interface ShownLesson {
  lesson: LoadedLesson;
  /** What `labOf` returned for it. */
  lab: Lab;
  /** Index of the step to begin at. */
  fromStep: number;
  /** Makes what shows it, which opens the lab's shell with the function that it is given. */
  showIn: (open: typeof openShell) => Ui & { close?: () => void };
  /** Makes one more that hears all events, and may tell the person something. */
  listener?: (tell: (text: string) => void) => { take: (event: CourseEvent) => void };
  /** Whether commands typed in the lab's shell are recorded. Default: what the environment says. */
  record?: boolean | undefined;
  /** See `LessonRun`. */
  doesAgain?: boolean;
  betsBefore?: LessonRun['betsBefore'];
}

/**
 * Runs a lesson before somebody, with all that listens to it: the event log, the flight recorder, and who tells of machines
 * that are lost. Returns how it ended.
 */
export async function runShown(context: Context, shownLesson: ShownLesson): Promise<LessonEnd> {
  const { lesson, lab, fromStep, showIn, listener, record, doesAgain = false, betsBefore } = shownLesson;
  const [
    { runLesson },
    { openEventLog },
    { withListeners },
    { createFaults },
    { FlightRecorder },
    { LostMachines, machinesOff },
    { recorded },
    { openShell, wantsRecord },
  ] = await Promise.all([
    import('../course/runner.ts'),
    import('../course/event-log.ts'),
    import('../course/listen.ts'),
    import('../faults/faults.ts'),
    import('./flight-recorder.ts'),
    import('./lost-machines.ts'),
    import('./shell-log.ts'),
    import('../ui/shell.ts'),
  ]);
  const log = openEventLog(lesson.id);
  const shell = recorded({
    where: log.path,
    take: (command) => {
      ui.emit({ type: 'learner-command', ...command });
    },
  });
  const shown = showIn(wantsRecord(record) ? shell : openShell);
  const tell = (text: string): void => {
    shown.emit({ type: 'note', text });
  };
  const recorder = new FlightRecorder(lab, log.path, tell);
  // Without need of a lab it does not matter what of it runs.
  const machines = lesson.definition.needs === 'lab' ? lab.layout.machines.map(({ name }) => name) : [];
  const lost = new LostMachines(machines, { look: () => machinesOff(lab, context.signal), tell });
  const listeners = [...(listener ? [listener(tell)] : []), log, recorder, lost].map((one) => one.take.bind(one));
  const ui = withListeners(shown, listeners);
  const faults = createFaults(lab);
  try {
    await putBackWhatIsBroken(faults, ui);
    const run = await runOn(context, { lesson, lab, ui, faults });
    return await runLesson({ ...run, doesAgain, betsBefore }, fromStep);
  } finally {
    await Promise.all([recorder.end(), lost.end()]);
    shown.close?.();
  }
}
