import { allMet, lookAtAll } from './look.ts';
import type { Page, TaskStep } from './model.ts';
import { startObserving } from './observe.ts';
import { scoreBets, takeBets } from './predictions.ts';
import type { LessonRun, StepEnd } from './run.ts';
import { messageOf } from '../system/errors.ts';
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
      await keepAnswers(step, 'self', run);
      emit({ type: 'step-reached', lesson, page, how: 'self', seconds: 0 });
      return { kind: 'reached' };
    }
  }
  const predictions = step.predictions ?? [];
  const bets = await takeBets(predictions, page, run);
  signal.throwIfAborted();
  const first = await lookFirst(step, run);
  const openedAt = Date.now();
  const observing = startObserving(step.observe, { lab, emit, first });
  try {
    const goal = { page, checks: step.reach, holdSeconds: 0, mayHoldAlready };
    const attempt = await untilReached(goal, run, signal);
    if (attempt.kind !== 'reached') return attempt;
    const { startedAt, metAt, how, early } = attempt;
    const seen = await observing.end();
    // What was observed only after it had happened says nothing of it.
    const observed = early ? undefined : seen;
    if (early && step.observe) emit({ type: 'note', text: 'It was done before all bets were in: nobody looked on.' });
    await scoreBets(predictions, bets, { startedAt, metAt, observed }, lab, emit);
    await keepAnswers(step, how, run);
    emit({ type: 'step-reached', lesson, page, how, seconds: (metAt - openedAt) / 1000 });
    return { kind: 'reached' };
  } finally {
    await observing.end();
  }
}

type How = Extract<CourseEvent, { type: 'answers' }>['how'];

/** The lab forgets them with the lesson's end. That they cannot be read must not undo what was reached. */
async function keepAnswers({ answers }: TaskStep, how: How, { ui, lab }: LessonRun): Promise<void> {
  if (!answers) return;
  try {
    ui.emit({ type: 'answers', answers: await answers(lab), how });
  } catch (error) {
    ui.emit({ type: 'note', text: `Your answers could not be kept: ${messageOf(error)}` });
  }
}

/** Undefined where nothing is to be measured, or it could not be. */
async function lookFirst({ observeFirst }: TaskStep, { ui, lab, signal }: LessonRun): Promise<unknown> {
  if (!observeFirst) return undefined;
  const { says: what, look } = observeFirst;
  const startedAt = Date.now();
  ui.emit({ type: 'preparing', what });
  try {
    return await look(lab, signal);
  } catch (error) {
    signal.throwIfAborted();
    ui.emit({ type: 'note', text: `It could not be measured: ${messageOf(error)}` });
    return undefined;
  } finally {
    ui.emit({ type: 'prepared', what, seconds: (Date.now() - startedAt) / 1000 });
  }
}
