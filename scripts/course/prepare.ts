import type { Check } from '../checks/verdict.ts';
import { FiredrillError } from '../system/errors.ts';
import { checksAfter } from './after-drill.ts';
import { noteBegun } from './begun.ts';
import { PageCommands } from './commands.ts';
import { keepStart } from './keep-start.ts';
import { allMet, firstNotMet, lookAtAll, said } from './look.ts';
import type { KeptApp, LoadedLesson, Page, Step } from './model.ts';
import { patienceOf, type LessonRun } from './run.ts';
import type { CourseEvent } from './ui.ts';
import { watch } from './watch.ts';

/**
 * Brings the lab to the lesson's baseline and proves it: what an earlier run left is removed first, but for an app that is as
 * it was made.
 * @throws FiredrillError `baseline-not-met`.
 */
export async function prepareLesson(run: LessonRun): Promise<void> {
  const { lesson, lab } = run;
  const { keeps, cleanUp, prepare, baseline, needs } = lesson.definition;
  let kept: KeptApp | undefined;
  if (cleanUp) {
    await told(run, 'Removing what an earlier run left', async () => {
      kept = await keeps?.(lab);
      // A lesson that boots the lab itself may find none to clean.
      await cleanUp(lab, { keepsApp: kept !== undefined }).catch((error: unknown) => {
        if (needs === 'lab') throw error;
      });
    });
  }
  const keepsApp = kept !== undefined;
  if (prepare) await told(run, 'Preparing the lab for this lesson', () => prepare(lab, { keepsApp }));
  const checks = [...baseline, ...(kept?.proof ?? [])];
  if (checks.length > 0) await told(run, 'Proving the baseline', () => proveBaseline(run, checks));
  await keepStart(lab, lesson.definition);
}

/**
 * Removes what another lesson left on the lab, and notes that this one begins: a pod of one lesson may be in the way of
 * another one's drain. Where it cannot be removed, this lesson's baseline says what is wrong.
 */
export async function leaveOtherLesson(run: LessonRun): Promise<void> {
  const { lesson, lab, begunBefore } = run;
  if (!begunBefore) return;
  const other = await begunBefore();
  if (other?.definition.cleanUp) {
    await told(run, `Removing what lesson ${other.number} left`, async () => {
      const kept = await lesson.definition.keeps?.(lab);
      await other.definition.cleanUp?.(lab, { keepsApp: kept !== undefined }).catch(() => undefined);
    });
  }
  await noteBegun(lab, lesson);
}

async function proveBaseline(run: LessonRun, baseline: readonly Check[]): Promise<void> {
  const { lesson, lab, signal } = run;
  const deadlineSeconds = patienceOf(run);
  const seen = await watch(baseline, lab, { signal, emit: emitterOf(run), deadlineSeconds });
  const missing = firstNotMet(seen.sightings);
  if (seen.kind === 'met' || !missing) return;
  throw new FiredrillError(
    `Lesson ${lesson.number} cannot start. It needs: ${missing.claim}. After ${Math.round(deadlineSeconds)} s: ${said(missing.verdict)}.`,
    {
      code: 'baseline-not-met',
      remedy: `Run 'npx firedrill reset --to ${lesson.number}', and start the lesson again.`,
    },
  );
}

/**
 * Brings the lab to where a step begins. What holds already is left alone: somebody resumes there. The last step that was
 * reached must hold, and what a drill needs: that may be what an earlier step or the lesson's preparation made.
 */
export async function prepareStep(run: LessonRun, index: number): Promise<void> {
  if (index === 0) {
    await prepareLesson(run);
    return;
  }
  const before = run.lesson.pages.slice(0, index);
  const last = before.map((page) => checksReached(run.lesson, page)).findLast((checks) => checks.length > 0);
  const next = stepOf(run.lesson, run.lesson.pages[index]);
  const proven = [...(last ?? run.lesson.definition.baseline), ...(next?.kind === 'drill' ? next.before : [])];
  if (proven.length > 0 && allMet(await lookAtAll(proven, run.lab, run.signal))) {
    run.ui.emit({ type: 'note', text: 'The lab is as it was left: going on.' });
    return;
  }
  await prepareLesson(run);
  for (const page of before) await catchUp(run, page);
}

const stepOf = (lesson: LoadedLesson, page: Page | undefined): Step | undefined =>
  page === undefined ? undefined : lesson.definition.steps[page.heading];

/** What holds after a step was reached. */
export function checksReached(lesson: LoadedLesson, page: Page): readonly Check[] {
  const step = stepOf(lesson, page);
  if (step?.kind === 'task') return step.reach;
  return step?.kind === 'drill' ? step.recovered : [];
}

/** All that a step needs to count as reached: of a drill also what must be unharmed, which may be what was lost again. */
export function checksOfEnd(lesson: LoadedLesson, page: Page): readonly Check[] {
  const step = stepOf(lesson, page);
  return step?.kind === 'drill' ? checksAfter(step) : checksReached(lesson, page);
}

/** Runs an earlier task's commands again. Its drills need no repeating: they left the lab mended. */
async function catchUp(run: LessonRun, page: Page): Promise<void> {
  const step = stepOf(run.lesson, page);
  if (step?.kind !== 'task') return;
  await told(run, `Doing again: ${page.heading}`, async () => {
    const commands = new PageCommands(page, run.lab, emitterOf(run));
    try {
      const why = await commands.runAll(run.signal);
      if (why !== undefined) run.ui.emit({ type: 'note', text: `While catching up, ${why}.` });
      const deadlineSeconds = patienceOf(run);
      await watch(step.reach, run.lab, { signal: run.signal, emit: emitterOf(run), deadlineSeconds });
    } finally {
      await commands.end();
    }
  });
}

async function told(run: LessonRun, what: string, work: () => Promise<void>): Promise<void> {
  run.signal.throwIfAborted();
  const startedAt = Date.now();
  run.ui.emit({ type: 'preparing', what });
  await work();
  run.ui.emit({ type: 'prepared', what, seconds: (Date.now() - startedAt) / 1000 });
}

const emitterOf =
  (run: LessonRun) =>
  (event: CourseEvent): void => {
    run.ui.emit(event);
  };
