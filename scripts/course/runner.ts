import { lookOn, notLooking } from './after-drill.ts';
import { PageCommands } from './commands.ts';
import { runDrill } from './drill.ts';
import type { LoadedLesson, Page } from './model.ts';
import { openShell } from './open-task.ts';
import { leaveOtherLesson, prepareStep } from './prepare.ts';
import type { LessonRun, StepEnd } from './run.ts';
import { runTask } from './task.ts';
import type { CourseEvent } from './ui.ts';

export type LessonEnd = 'finished' | 'quit' | 'failed';

/**
 * Takes somebody through a lesson from a step on (0 is the first). Emits and asks through `run.ui` only.
 * @throws FiredrillError where the lesson cannot start or the lab is lost; Interrupted on Ctrl-C.
 */
export async function runLesson(run: LessonRun, fromStep = 0): Promise<LessonEnd> {
  const { lesson, ui } = run;
  const startedAt = Date.now();
  ui.emit({ type: 'lesson-started', lesson, fromStep: fromStep + 1 });
  await leaveOtherLesson(run);
  await prepareStep(run, fromStep);
  let index = fromStep;
  let looking = notLooking;
  try {
    for (let page = lesson.pages[index]; page !== undefined; page = lesson.pages[index]) {
      run.signal.throwIfAborted();
      if (!isOnlyRead(page, lesson)) await looking.end();
      ui.emit({ type: 'step-opened', lesson, page, number: index + 1, of: lesson.pages.length });
      const ended = await runStep(page, run);
      const step = lesson.definition.steps[page.heading];
      if (step?.kind === 'drill' && ended.kind === 'reached') looking = lookOn(page, step, run);
      const end = await afterStep(ended, page, run);
      if (end !== 'next') await looking.end();
      if (end === 'failed' || end === 'quit') return end;
      index = end === 'back' ? Math.max(0, index - 1) : index + 1;
    }
    await looking.end();
    const seconds = (Date.now() - startedAt) / 1000;
    ui.emit({ type: 'lesson-finished', lesson, fromStep: fromStep + 1, seconds });
    return 'finished';
  } finally {
    await looking.end();
  }
}

/** Whether a page leaves the lab as it is. One with commands may break on purpose what the drill before it has mended. */
const isOnlyRead = (page: Page, { definition }: LoadedLesson): boolean =>
  (definition.steps[page.heading]?.kind ?? 'read') === 'read' && !canRun(page);

/** Whether a page has commands that can be run. */
const canRun = (page: Page): boolean => page.commands.some(({ show }) => !show);

/** Runs one step. */
export function runStep(page: Page, run: LessonRun): Promise<StepEnd> {
  const step = run.lesson.definition.steps[page.heading];
  if (step?.kind === 'task') return runTask(page, step, run);
  if (step?.kind === 'drill') return runDrill(page, step, run);
  return readPage(page, run);
}

async function afterStep(end: StepEnd, page: Page, run: LessonRun): Promise<'next' | 'back' | 'quit' | 'failed'> {
  if (end.kind === 'back' || end.kind === 'quit') return end.kind;
  if (end.kind === 'failed') {
    run.ui.emit({ type: 'step-failed', page, why: end.why });
    if (!run.ui.interactive) return 'failed';
    return goOn(await run.ui.next('This step did not work here. Go on without it?'));
  }
  const isRead = run.lesson.definition.steps[page.heading]?.kind === 'read';
  return isRead ? 'next' : goOn(await run.ui.next('Go on?'));
}

const goOn = (answer: 'next' | 'back' | 'quit' | 'run' | 'shell'): 'next' | 'back' | 'quit' =>
  answer === 'back' || answer === 'quit' ? answer : 'next';

/** A page to read. Unattended, its commands are run, so that no page shows one that does not work. */
async function readPage(page: Page, run: LessonRun): Promise<StepEnd> {
  const openedAt = Date.now();
  const emit = (event: CourseEvent): void => {
    run.ui.emit(event);
  };
  const commands = new PageCommands(page, run.lab, emit, run.ui.beforeCommand?.bind(run.ui));
  const offersRun = canRun(page);
  try {
    if (offersRun && !run.ui.interactive) {
      const why = await commands.runAll(run.signal);
      if (why !== undefined) return { kind: 'failed', why };
    }
    for (;;) {
      const answer = await run.ui.next('Go on?', offersRun ? ['run', 'shell'] : []);
      if (answer === 'back' || answer === 'quit') return { kind: answer };
      if (answer === 'next') break;
      if (answer === 'shell') await openShell(run);
      else await tellIfBroken(commands, run);
    }
  } finally {
    await commands.end();
  }
  run.ui.emit({ type: 'step-reached', lesson: run.lesson, page, how: 'read', seconds: (Date.now() - openedAt) / 1000 });
  return { kind: 'reached' };
}

async function tellIfBroken(commands: PageCommands, run: LessonRun): Promise<void> {
  const why = await commands.runAll(run.signal);
  if (why !== undefined) run.ui.emit({ type: 'note', text: `It stopped there: ${why}.` });
}
