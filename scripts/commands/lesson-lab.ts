import { join } from 'node:path';
import type { LessonRun } from '../course/run.ts';
import type { Lab } from '../lab/lab.ts';
import type { Layout } from '../lab/layout.ts';
import { Ended, FiredrillError } from '../system/errors.ts';
import { readIfThere } from '../system/files.ts';
import type { Context } from './context.ts';
import type { ActionReporter } from '../ui/progress.ts';
import { putBackWhatIsBroken } from './put-back.ts';
import { withReporter } from './reporter.ts';

/** Times the boot that a state may take, on a computer where the boot is slow. */
const bootsOfPatience = 4;
const leastPatienceSeconds = 90;

/**
 * The lab, up: booted where it is not, after asking (or at once with `boot`). Where its machines run, and the cluster on them
 * does not answer, a fault that a killed program left is put back, and the rest is waited for without asking.
 * @throws Ended (1) where the person said no; FiredrillError `lab-not-up` where nobody can be asked, `lab-of-other-size`, and what `ensureSetUp` and `bringUp` throw.
 */
export async function labForLesson(context: Context, boot: boolean): Promise<Lab> {
  const [{ openLab, readLayout }, { bringUp, clusterWorks, machinesRun }] = await Promise.all([
    import('../lab/open.ts'),
    import('../lab/up.ts'),
  ]);
  const layout = await readLayout(context.lab);
  requireLessonSize(layout);
  const lab = layout && (await openLab(context.lab));
  const runs = lab !== undefined && (await machinesRun(lab));
  if (runs && (await clusterWorks(lab))) return lab;
  if (!runs) {
    if (!boot && !(await agreesToBoot(context))) {
      context.print("Nothing was booted. When you are ready: 'npx firedrill lab up'.");
      throw new Ended(1);
    }
    const { ensureSetUp } = await import('./setup.ts');
    await ensureSetUp({ context });
  }
  return withReporter(context, async (reporter) => {
    if (runs) await putBackFaults(lab, reporter);
    return bringUp({ name: context.lab, signal: context.signal, reporter });
  });
}

async function putBackFaults(lab: Lab, reporter: ActionReporter): Promise<void> {
  const { createFaults } = await import('../faults/faults.ts');
  await putBackWhatIsBroken(createFaults(lab), {
    emit(event) {
      if (event.type !== 'fault-undone') return;
      reporter.action(`Put back what a killed program left broken: ${event.title}`).done(event.machine);
    },
  });
}

/** The lessons' pages and checks name the six machines of the default size. @throws FiredrillError `lab-of-other-size`. */
export function requireLessonSize(layout: Pick<Layout, 'name' | 'size'> | undefined): void {
  if (!layout || layout.size === 'default') return;
  throw new FiredrillError(
    `The lessons need a lab of the default size, with six machines. The lab '${layout.name}' has the size '${layout.size}'.`,
    {
      code: 'lab-of-other-size',
      remedy:
        "Boot another one beside it, if your computer has the room: 'npx firedrill --lab lessons lab up --subnet 10.0.9.0/24 --first-port 9000'. Or 'npx firedrill lab destroy' first.",
    },
  );
}

async function agreesToBoot(context: Context): Promise<boolean> {
  if (!context.interactive) {
    throw new FiredrillError(`The lab '${context.lab}' is not up.`, {
      code: 'lab-not-up',
      remedy: "Run 'npx firedrill lab up' first, or give --yes.",
    });
  }
  const { confirm } = await import('../ui/ask.ts');
  return confirm('This lesson needs the lab, and it is not up. Boot it now?', {
    input: process.stdin,
    output: process.stdout,
    signal: context.signal,
  });
}

/** A run of a lesson on its lab: with the patience that this computer needs, and with what was begun on the lab before. */
export async function runOn(
  context: Context,
  given: Pick<LessonRun, 'lesson' | 'lab' | 'ui' | 'faults'>,
): Promise<LessonRun> {
  const { lesson, lab } = given;
  const run = { ...given, signal: context.signal, patienceSeconds: await patienceFor(lab) };
  // A lesson that needs no lab leaves nothing there.
  if (lesson.definition.needs === 'none') return run;
  const { otherBegun } = await import('../course/begun.ts');
  return { ...run, begunBefore: () => otherBegun(lab, lesson) };
}

/** Seconds to wait for a state on this computer: longer where its lab took long to boot. */
export async function patienceFor(lab: Lab): Promise<number> {
  const text = await readIfThere(join(lab.folder, 'boot.json')).catch(() => undefined);
  const seconds = Number(/"seconds":\s*([\d.]+)/.exec(text ?? '')?.[1] ?? 0);
  return Math.max(leastPatienceSeconds, Math.ceil(seconds * bootsOfPatience));
}
