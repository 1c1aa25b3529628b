import type { Command } from 'commander';
import type { Place } from '../playground/place.ts';
import type { Ring } from '../playground/ring.ts';
import { messageOf } from '../system/errors.ts';
import { contextOf, type Context } from './context.ts';

/** What every command of the playground needs. */
export async function settingOf(command: Command): Promise<{ context: Context; place: Place }> {
  const context = contextOf(command);
  const { placeOf } = await import('../playground/place.ts');
  return { context, place: await placeOf(context.lab) };
}

/** The value with `--json`, else the lines. */
export function tell(context: Context, value: unknown, ...lines: string[]): void {
  if (context.json) context.printJson(value);
  else for (const line of lines) context.print(line);
}

/**
 * The playground, open; what this computer lacks for it is set up first, after asking.
 * @throws what `ensureSetUp` and `openPlayground` throw.
 */
export async function openFor(context: Context): Promise<{ place: Place; ring: Ring; opened: boolean }> {
  const { ensureSetUp } = await import('./setup.ts');
  await ensureSetUp({ context });
  const [{ openPlayground }, { createActionReporter }, { progressInOneLine }] = await Promise.all([
    import('../playground/open.ts'),
    import('../ui/progress.ts'),
    import('../bundle/progress.ts'),
  ]);
  const output = context.json ? process.stderr : process.stdout;
  const interactive = output.isTTY && !context.json;
  const reporter = createActionReporter({ output, colour: output.isTTY && !process.env['NO_COLOR'], interactive });
  const action = reporter.action('Start the five members');
  const inOneLine = progressInOneLine();
  try {
    const playground = await openPlayground(context.lab, {
      signal: context.signal,
      onProgress: (progress) => {
        action.update(inOneLine(progress));
      },
    });
    action.done(playground.opened ? undefined : 'they ran already');
    return playground;
  } catch (error) {
    action.failed(messageOf(error).split('\n')[0] ?? '');
    throw error;
  } finally {
    reporter.close();
  }
}
