import type { ActionReporter } from '../ui/progress.ts';
import type { Context } from './context.ts';

/** Does long work, and shows it as it goes: on stdout, or beside the JSON on stderr. The terminal is given back at the end. */
export async function withReporter<T>(context: Context, work: (reporter: ActionReporter) => Promise<T>): Promise<T> {
  const reporter = await reporterFor(context);
  try {
    return await work(reporter);
  } finally {
    reporter.close();
  }
}

async function reporterFor(context: Context): Promise<ActionReporter> {
  const { createActionReporter } = await import('../ui/progress.ts');
  const output = context.json ? process.stderr : process.stdout;
  return createActionReporter({
    output,
    colour: output.isTTY && !process.env['NO_COLOR'],
    interactive: output.isTTY && !context.json,
  });
}
