import type { Command } from 'commander';
import type { Lab } from '../lab/lab.ts';
import { withRemedy } from '../system/errors.ts';
import { lessonNamedOrOpen, stepLeftAt, stepNamed } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { progressFor } from './start.ts';

const exitCodes = { met: 0, unmet: 1, unknown: 3 } as const;

export function addCheckCommand(program: Command): void {
  program
    .command('check [lesson]')
    .description(
      'Look once whether the step that is open has been reached. Exit code 0 reached, 1 not yet, 3 cannot tell.',
    )
    .option('--step <step>', 'another step: its number or its heading')
    .action(async (name: string | undefined, options: { step?: string }, command: Command) => {
      await check(contextOf(command), name, options.step);
    });
}

async function check(context: Context, name: string | undefined, stepName: string | undefined): Promise<void> {
  const progress = await progressFor(context);
  const lesson = await lessonNamedOrOpen(name, progress, context.lab);
  const index = stepName === undefined ? stepLeftAt(lesson, progress) : stepNamed(lesson, stepName);
  const page = lesson.pages[index];
  const { checksOfEnd } = await import('../course/prepare.ts');
  const checks = page ? checksOfEnd(lesson, page) : [];
  const step = `Lesson ${lesson.number}, step ${index + 1}: ${page?.heading ?? ''}`;
  if (checks.length === 0) {
    if (context.json) context.printJson({ lesson: lesson.id, step: page?.heading, verdict: 'met', checks: [] });
    else context.print(`${step}\nThere is nothing to check in this step: read it, and go on.`);
    return;
  }
  const [{ labAsItIs }, { lookAtAll, summaryOf }] = await Promise.all([
    import('./no-lab.ts'),
    import('../course/look.ts'),
  ]);
  const lab = await labAsItIs(lesson, context.lab);
  const sightings = await lookAtAll(checks, lab, context.signal);
  const verdict = summaryOf(sightings);
  process.exitCode = exitCodes[verdict];
  const remark = verdict === 'met' ? undefined : await whyPerhaps(lab, context.signal);
  if (context.json) {
    context.printJson({
      lesson: lesson.id,
      step: page?.heading,
      verdict,
      checks: sightings,
      ...(remark && { remark }),
    });
    return;
  }
  const [{ verdictLines }, { columnsOf, wantsAccessible, wantsColour }] = await Promise.all([
    import('../ui/verdict-lines.ts'),
    import('../ui/look.ts'),
  ]);
  const output = process.stdout;
  const look = { columns: columnsOf(output), colour: wantsColour(output), accessible: wantsAccessible() };
  context.print(step);
  for (const sighting of sightings) {
    for (const line of verdictLines(sighting.claim, sighting.verdict, look)) context.print(line);
  }
  if (remark !== undefined) context.print(remark);
}

/** What is the matter with the lab itself, and what to do; undefined where nothing is, or a drill has broken it on purpose. */
async function whyPerhaps(lab: Lab, signal: AbortSignal): Promise<string | undefined> {
  const [{ machinesOff, offInWords }, { createFaults }] = await Promise.all([
    import('./lost-machines.ts'),
    import('../faults/faults.ts'),
  ]);
  try {
    if ((await createFaults(lab).open()).length > 0) return undefined;
    const off = await machinesOff(lab, signal);
    return off.length === 0 ? undefined : offInWords(off);
  } catch (error) {
    signal.throwIfAborted();
    return withRemedy(error);
  }
}
