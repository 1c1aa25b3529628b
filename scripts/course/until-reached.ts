import { PageCommands } from './commands.ts';
import { lateness, type Attempt, type Goal } from './goal.ts';
import { OpenTask } from './open-task.ts';
import { patienceOf, type LessonRun } from './run.ts';
import type { CourseEvent } from './ui.ts';
import { watch } from './watch.ts';

/**
 * Lets the learner work until the checks are met, by any route, and answers the keys meanwhile. Where nobody can be
 * asked it runs the page's commands and waits. @throws the signal's reason.
 */
export async function untilReached(goal: Goal, run: LessonRun, signal: AbortSignal): Promise<Attempt> {
  const emit = (event: CourseEvent): void => {
    run.ui.emit(event);
  };
  const commands = new PageCommands(goal.page, run.lab, emit, run.ui.beforeCommand?.bind(run.ui));
  try {
    return run.ui.interactive
      ? await new OpenTask(goal, run, signal, commands).answerKeys()
      : await runUnattended(goal, run, signal, commands);
  } finally {
    await commands.end();
  }
}

async function runUnattended(
  goal: Goal,
  run: LessonRun,
  signal: AbortSignal,
  commands: PageCommands,
): Promise<Attempt> {
  const startedAt = Date.now();
  const why = await commands.runAll(signal);
  if (why !== undefined) return { kind: 'failed', why };
  const watched = await watch(goal.checks, run.lab, {
    signal,
    emit: (event) => {
      run.ui.emit(event);
    },
    holdSeconds: goal.holdSeconds,
    deadlineSeconds: patienceOf(run),
  });
  if (watched.kind === 'late') return { kind: 'failed', why: lateness(watched.sightings, patienceOf(run)) };
  for (const sighting of watched.sightings) run.ui.emit({ type: 'check', ...sighting });
  return { kind: 'reached', how: 'run-for-me', startedAt, metAt: watched.metAt };
}
