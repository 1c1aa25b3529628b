import type { Command } from 'commander';
import type { Place } from '../playground/place.ts';
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
