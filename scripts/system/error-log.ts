import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { shown } from './run.ts';
import { stateFolder } from './folders.ts';

/**
 * Notes an error that nobody expected, with its stack, at the end of `errors.log` in the state folder.
 * @returns the path of the log, or undefined where it cannot be written.
 */
export async function keepError(error: unknown, args: readonly string[]): Promise<string | undefined> {
  const path = join(stateFolder(), 'errors.log');
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  try {
    await mkdir(stateFolder(), { recursive: true });
    await appendFile(path, `${new Date().toISOString()} ${shown('firedrill', args)}\n${stack}\n\n`);
    return path;
  } catch {
    return undefined;
  }
}
