import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';
import type { Layout } from '../lab/layout.ts';
import { Ended, FiredrillError } from '../system/errors.ts';
import { readIfThere } from '../system/files.ts';
import type { Context } from './context.ts';
import { withReporter } from './reporter.ts';

/** Times the boot that a state may take, on a computer where the boot is slow. */
const bootsOfPatience = 4;
const leastPatienceSeconds = 90;

/**
 * The lab, up: booted where it is not, after asking (or at once with `boot`).
 * @throws Ended (1) where the person said no; FiredrillError `lab-not-up` where nobody can be asked, `lab-of-other-size`, and what `ensureSetUp` and `bringUp` throw.
 */
export async function labForLesson(context: Context, boot: boolean): Promise<Lab> {
  const { readLayout } = await import('../lab/open.ts');
  requireLessonSize(await readLayout(context.lab));
  const up = await openIfUp(context.lab);
  if (up) return up;
  if (!boot && !(await agreesToBoot(context))) {
    context.print("Nothing was booted. When you are ready: 'npx firedrill lab up'.");
    throw new Ended(1);
  }
  const { ensureSetUp } = await import('./setup.ts');
  await ensureSetUp({ context });
  const { bringUp } = await import('../lab/up.ts');
  return withReporter(context, (reporter) => bringUp({ name: context.lab, signal: context.signal, reporter }));
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

async function openIfUp(name: string): Promise<Lab | undefined> {
  const { openLab, readLayout } = await import('../lab/open.ts');
  if (!(await readLayout(name))) return undefined;
  const { isUp } = await import('../lab/up.ts');
  const lab = await openLab(name);
  return (await isUp(lab)) ? lab : undefined;
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

/** Seconds to wait for a state on this computer: longer where its lab took long to boot. */
export async function patienceFor(lab: Lab): Promise<number> {
  const text = await readIfThere(join(lab.folder, 'boot.json')).catch(() => undefined);
  const seconds = Number(/"seconds":\s*([\d.]+)/.exec(text ?? '')?.[1] ?? 0);
  return Math.max(leastPatienceSeconds, Math.ceil(seconds * bootsOfPatience));
}
