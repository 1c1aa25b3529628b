import type { ActionReporter } from '../ui/progress.ts';
import type { Context } from './context.ts';

/** Shows long work as it goes: on stdout, or beside the JSON on stderr. Close it at the end. */
export async function reporterFor(context: Context): Promise<ActionReporter> {
  const { createActionReporter } = await import('../ui/progress.ts');
  const output = context.json ? process.stderr : process.stdout;
  return createActionReporter({
    output,
    colour: output.isTTY && !process.env['NO_COLOR'],
    interactive: output.isTTY && !context.json,
  });
}
