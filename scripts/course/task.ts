import { allMet, lookAtAll } from './look.ts';
import type { Page, TaskStep } from './model.ts';
import { startObserving } from './observe.ts';
import { scoreBets, takeBets } from './predictions.ts';
import type { LessonRun, StepEnd } from './run.ts';
import type { CourseEvent } from './ui.ts';
import { untilReached } from './until-reached.ts';

/** Runs a task: bets, then the learner's work until the checks are met, then the bets beside what was measured. */
export async function runTask(page: Page, step: TaskStep, run: LessonRun): Promise<StepEnd> {
  const { ui, lab, lesson, signal } = run;
  const emit = (event: CourseEvent): void => {
    ui.emit(event);
  };
  const mayHoldAlready = step.startsUnmet === false || run.doesAgain === true;
  if (!mayHoldAlready) {
    const sightings = await lookAtAll(step.reach, lab, signal);
    if (allMet(sightings)) {
      for (const sighting of sightings) emit({ type: 'check', ...sighting });
      emit({ type: 'note', text: 'This is so already: there is nothing to do in this step.' });
      emit({ type: 'step-reached', lesson, page, how: 'self', seconds: 0 });
      return { kind: 'reached' };
    }
  }
  const predictions = step.predictions ?? [];
  const bets = await takeBets(predictions, ui);
  signal.throwIfAborted();
  const openedAt = Date.now();
  const observing = startObserving(step.observe, lab, emit);
  try {
    const goal = { page, checks: step.reach, holdSeconds: 0, mayHoldAlready };
    const attempt = await untilReached(goal, run, signal);
    if (attempt.kind !== 'reached') return attempt;
    const { startedAt, metAt, how } = attempt;
    await scoreBets(predictions, bets, { startedAt, metAt, observed: await observing.end() }, lab, emit);
    emit({ type: 'step-reached', lesson, page, how, seconds: (metAt - openedAt) / 1000 });
    return { kind: 'reached' };
  } finally {
    await observing.end();
  }
}
