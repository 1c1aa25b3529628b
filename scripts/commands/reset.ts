import { join } from 'node:path';
import type { Command } from 'commander';
import type { LoadedLesson } from '../course/model.ts';
import type { Lab } from '../lab/lab.ts';
import type { ActionReporter } from '../lab/acting.ts';
import { FiredrillError } from '../system/errors.ts';
import { contextOf, type Context } from './context.ts';
import { withReporter } from './reporter.ts';

/** `firedrill reset`: brings the lab to where a lesson begins, from whatever state it is in. */
export function addResetCommand(program: Command): void {
  program
    .command('reset')
    .description('Put the lab back to where a lesson begins, whatever became of it.')
    .option('--to <lesson>', 'the lesson whose start is wanted (default: the one that you are in)')
    .addHelpText('after', examples)
    .action(async (options: { to?: string }, command: Command) => {
      await reset(contextOf(command), options.to);
    });
}

const examples = `
Examples:
  firedrill reset               back to the start of the lesson that you are in
  firedrill reset --to 3        to where lesson 3 begins
  firedrill reset --to 3 --yes  without asking, for instructors

First it looks, and says what will be lost, which way it takes, and how long that takes.
It undoes every fault, starts or rebuilds machines, puts changed files back, restores etcd where it
must (all members together, from the checkpoint of the last start of a lesson, of the first boot, or
of just before its keys were deleted on purpose), removes workers that joined and what lessons made,
and then proves that the lesson can start. A guestbook that nobody has changed goes on running, where
the lesson needs one.
Two resets of one lab wait for each other.`;

async function reset(context: Context, to: string | undefined): Promise<void> {
  const [{ openLab }, { lessonNamedOrOpen }, { readProgress }] = await Promise.all([
    import('../lab/open.ts'),
    import('./choose-lesson.ts'),
    import('../course/progress.ts'),
  ]);
  const lab = await openLab(context.lab);
  const lesson = await lessonNamedOrOpen(
    to,
    await readProgress((message) => {
      context.print(message);
    }),
    context.lab,
  );
  requireAnswer(context);
  const lookedAt = Date.now();
  const [{ surveyLab }, { lookBesides, planLines, wayOf }] = await Promise.all([
    import('../lab/repair/survey.ts'),
    import('./reset-words.ts'),
  ]);
  const [survey, besides] = await Promise.all([surveyLab(lab), lookBesides(lab, lesson)]);
  const lookedFor = Date.now() - lookedAt;
  if (!context.json) context.print(planLines(lesson, lab, survey, besides).join('\n'));
  if (!(await agrees(context))) {
    process.exitCode = 1;
    return;
  }
  // Without the time that a person thought about it.
  const startedAt = Date.now() - lookedFor;
  const mended = await withReporter(context, async (reporter) => {
    const { takeLock } = await import('../system/lock.ts');
    // One at a time: the second would remove what the first one prepares.
    const unlock = await takeLock(join(lab.folder, 'reset.lock'), {
      signal: context.signal,
      onWait: ({ pid }) => {
        reporter.action(`Another firedrill resets this lab (process ${pid}): wait for it`).done();
      },
    });
    try {
      return await resetLab(lab, lesson, { signal: context.signal, reporter });
    } finally {
      await unlock();
    }
  });
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  if (context.json) context.printJson({ lesson: lesson.id, way: wayOf(survey), mended, seconds });
  else context.print(`Lesson ${lesson.number} can start: its baseline was proven after ${seconds} s.`);
}

/** @throws FiredrillError `reset-needs-yes`. */
function requireAnswer(context: Context): void {
  if (context.yes || context.interactive) return;
  throw new FiredrillError('A reset throws away what is on the lab, and there is no terminal to ask in.', {
    code: 'reset-needs-yes',
    remedy: 'Give --yes.',
    exitCode: 2,
  });
}

async function agrees(context: Context): Promise<boolean> {
  if (context.yes) return true;
  const { confirm } = await import('../ui/ask.ts');
  return confirm('Reset the lab?', { input: process.stdin, output: process.stdout, signal: context.signal });
}

/**
 * Repairs the lab and brings it to the lesson's baseline.
 * @returns what had to be mended.
 * @throws FiredrillError `baseline-not-met`, and what `repairLab` throws.
 */
export async function resetLab(
  lab: Lab,
  lesson: LoadedLesson,
  options: { signal: AbortSignal; reporter: ActionReporter },
): Promise<string[]> {
  const { signal, reporter } = options;
  const [
    { acting },
    { awaitApiServers, awaitDns },
    { createFaults },
    { checkpointOf },
    { repairLab },
    { removeLeftovers },
    { loadLessons },
    looking,
    { keepStart },
    { noteBegun },
  ] = await Promise.all([
    import('../lab/acting.ts'),
    import('../lab/health.ts'),
    import('../faults/faults.ts'),
    import('./reset-checkpoint.ts'),
    import('../lab/repair/repair.ts'),
    import('../lab/repair/leftovers.ts'),
    import('../course/load.ts'),
    import('../course/look.ts'),
    import('../course/keep-start.ts'),
    import('../course/begun.ts'),
  ]);
  const act = acting(reporter, signal);
  const faults = createFaults(lab);
  const open = await faults.open();
  // What cannot be undone is replaced below.
  if (open.length > 0) await act(`Undo ${open.length} open faults`, () => faults.undoAll());
  const { path: checkpoint } = checkpointOf(lab, lesson, open);
  const mended = [...open.map(({ fault }) => fault.title), ...(await repairLab(lab, { signal, reporter, checkpoint }))];
  await faults.closeAfterReset();
  const { keeps, prepare, baseline } = lesson.definition;
  const kept = await act('Remove what the lessons left', async () => {
    const [found] = await Promise.all([keeps?.(lab), awaitApiServers(lab, { deadlineSeconds: 120, signal })]);
    const options = { keepsApp: found !== undefined };
    // Each lesson removes what is its own, so that none waits for another.
    await Promise.all((await loadLessons()).map(async ({ definition }) => definition.cleanUp?.(lab, options)));
    await removeLeftovers(lab, found);
    return found;
  });
  const keepsApp = kept !== undefined;
  await noteBegun(lab, lesson);
  if (prepare) await act(`Prepare lesson ${lesson.number}`, () => prepare(lab, { keepsApp }));
  // By now it had its time: it starts while the app does.
  await act('Wait for DNS from a pod', () => awaitDns(lab, { deadlineSeconds: 120, signal }));
  await act('Prove its baseline', async () => {
    const { waitUntil } = await import('../system/wait.ts');
    const { lookAtAll, firstNotMet, said } = looking;
    let saw = '';
    await waitUntil(
      async () => {
        const missing = firstNotMet(await lookAtAll([...baseline, ...(kept?.proof ?? [])], lab, signal));
        saw = missing ? `${missing.claim}: ${said(missing.verdict)}` : '';
        return missing === undefined;
      },
      {
        what: `the baseline of lesson ${lesson.number}`,
        deadlineSeconds: 120,
        signal,
        saw: () => saw,
        remedy: "Run 'npx firedrill lab destroy' and 'npx firedrill lab up'.",
      },
    );
    await keepStart(lab, lesson.definition);
  });
  return mended;
}
