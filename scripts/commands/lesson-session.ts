import type { LoadedLesson } from '../course/model.ts';
import type { LessonEnd } from '../course/runner.ts';
import type { Progress } from '../course/progress.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import type { Context } from './context.ts';
import { labForLesson, runOn } from './lesson-lab.ts';
import { putBackWhatIsBroken } from './put-back.ts';

export interface SessionOptions {
  lesson: LoadedLesson;
  /** What `labOf` returned for it. */
  lab: Lab;
  /** Index of the step to begin at. */
  fromStep: number;
  progress: Progress;
  unattended: boolean;
  /** Whether commands typed in the lab's shell are recorded. Default: what the environment says. */
  record?: boolean | undefined;
}

/** Whether a lesson runs unattended. @throws FiredrillError `no-terminal` where nobody is there, and nobody said so. */
export function isUnattended(context: Context, lesson: LoadedLesson, auto: boolean): boolean {
  const unattended = auto || !context.interactive;
  if (unattended && !auto && !context.yes) throw noTerminal(lesson);
  return unattended;
}

/** Takes somebody through one lesson, or runs it unattended. Returns how it ended. */
export async function runSession(context: Context, options: SessionOptions): Promise<LessonEnd> {
  const { lesson, lab, progress, unattended } = options;
  const [
    { runLesson },
    { ProgressKeeper },
    { openEventLog },
    { withListeners },
    { pickUi },
    { createFaults },
    { FlightRecorder },
    { LostMachines, machinesOff },
    { recorded },
    { openShell, wantsRecord },
  ] = await Promise.all([
    import('../course/runner.ts'),
    import('../course/keep-progress.ts'),
    import('../course/event-log.ts'),
    import('../course/listen.ts'),
    import('../ui/pick.ts'),
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
  const shown = pickUi({
    interactive: context.interactive,
    json: context.json,
    auto: unattended,
    signal: context.signal,
    openShell: wantsRecord(options.record) ? shell : openShell,
  });
  const tell = (text: string): void => {
    shown.emit({ type: 'note', text });
  };
  const keeper = new ProgressKeeper(progress, { tell });
  const recorder = new FlightRecorder(lab, log.path, tell);
  // Without need of a lab it does not matter what of it runs.
  const machines = lesson.definition.needs === 'lab' ? lab.layout.machines.map(({ name }) => name) : [];
  const lost = new LostMachines(machines, { look: () => machinesOff(lab, context.signal), tell });
  const listeners = [keeper, log, recorder, lost].map((one) => one.take.bind(one));
  const ui = withListeners(shown, listeners);
  const faults = createFaults(lab);
  try {
    await putBackWhatIsBroken(faults, ui);
    return await runLesson(await runOn(context, { lesson, lab, ui, faults }), options.fromStep);
  } finally {
    await Promise.all([recorder.end(), lost.end()]);
    shown.close?.();
    await keeper.written();
  }
}

/** The lab that a lesson needs: booted, as it is, or a stand-in. @throws what `labForLesson` throws. */
export async function labOf(lesson: LoadedLesson, context: Context, boot: boolean): Promise<Lab> {
  if (lesson.definition.needs === 'lab') return labForLesson(context, boot);
  const { labAsItIs } = await import('./no-lab.ts');
  return labAsItIs(lesson, context.lab);
}

const noTerminal = (lesson: LoadedLesson): FiredrillError =>
  new FiredrillError('A lesson asks questions, and there is no terminal to ask in.', {
    code: 'no-terminal',
    remedy: `Run it unattended: 'npx firedrill start ${lesson.number} --auto --yes'.`,
    exitCode: 2,
  });
