import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FiredrillError } from '../system/errors.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';
import { withLock } from '../system/lock.ts';

const betSchema = z.looseObject({
  question: z.string(),
  said: z.string(),
  measured: z.string(),
  right: z.boolean().optional(),
});

const stepSchema = z.looseObject({
  how: z.enum(['self', 'run-for-me', 'skipped', 'read']).optional(),
  /** When it was reached, ISO 8601. */
  at: z.string().optional(),
  seconds: z.number().optional(),
  /** When it was seen that what had been mended does not hold any more, ISO 8601. Gone once it is reached again. */
  collapsedAt: z.string().optional(),
  /** Hints taken. */
  hints: z.number().optional(),
  bets: z.array(betSchema).optional(),
  /** Bets that are not measured yet, by the id of their prediction. Gone once the step has ended. */
  openBets: z.record(z.string(), z.string()).optional(),
});

const lessonSchema = z.looseObject({
  /** Heading of the step that is open. */
  current: z.string().optional(),
  finishedAt: z.string().optional(),
  steps: z.record(z.string(), stepSchema),
});

// Loose: what a newer kit or another workshop's lessons wrote is kept as it is.
const progressSchema = z.looseObject({
  version: z.literal(1),
  /** Lesson that was open last, by its folder's name. */
  lesson: z.string().optional(),
  lessons: z.record(z.string(), lessonSchema),
});

export type Progress = z.infer<typeof progressSchema>;
export type LessonProgress = z.infer<typeof lessonSchema>;
export type StepProgress = z.infer<typeof stepSchema>;

export const progressPath = (): string => join(stateFolder(), 'progress.json');

export const emptyProgress = (): Progress => ({ version: 1, lessons: {} });

/**
 * The progress that was kept; empty where there is none. A file that cannot be read is set aside beside it, and
 * `onDamaged` is told where.
 */
export async function readProgress(onDamaged: (message: string) => void, path = progressPath()): Promise<Progress> {
  return (await keptAt(path, onDamaged)) ?? emptyProgress();
}

async function keptAt(path: string, onDamaged: (message: string) => void): Promise<Progress | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const progress = parsed(text);
  if (progress) return progress;
  const aside = `${path}.damaged-${timeForName()}`;
  await rename(path, aside);
  onDamaged(`Your progress could not be read. It was set aside as ${aside}, and a new one was begun.`);
  return undefined;
}

/** @throws FiredrillError `progress-not-written`. */
export async function writeProgress(progress: Progress, path = progressPath()): Promise<void> {
  try {
    await writeAtomically(path, `${JSON.stringify(progress, undefined, 2)}\n`);
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

export interface ChangeOptions {
  /** What is written, changed, where nothing that can be read is kept any more. */
  known: Progress;
  onDamaged: (message: string) => void;
  path?: string | undefined;
}

/**
 * Changes the progress that is kept now, while no other firedrill does: what another one wrote meanwhile stays.
 * @returns what `change` returned. @throws FiredrillError `progress-not-written`; then nothing was changed.
 */
export function changeProgress<T>(change: (progress: Progress) => T, options: ChangeOptions): Promise<T> {
  const { known, onDamaged, path = progressPath() } = options;
  return whileLocked(path, async () => {
    const kept = (await keptAt(path, onDamaged)) ?? structuredClone(known);
    const result = change(kept);
    await writeProgress(kept, path);
    return result;
  });
}

/** Seconds that another firedrill is given to write the same file. */
const lockSeconds = 10;

async function whileLocked<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    const signal = AbortSignal.timeout(lockSeconds * 1000);
    return await withLock(`${path}.lock`, { signal, pollMilliseconds: 50 }, work);
  } catch (error) {
    throw error instanceof FiredrillError ? error : notWritten(path, error);
  }
}

const notWritten = (path: string, cause: unknown): FiredrillError =>
  new FiredrillError(`Your progress could not be written to ${path}.`, {
    code: 'progress-not-written',
    remedy:
      'Is the disk full, or the folder not yours? Free some space or mend that, and run the same again. What was kept before is still there.',
    cause,
  });

/**
 * Replaces the progress by an exported one. Returns where the old one was kept, or undefined where there was none.
 * @throws FiredrillError `progress-unreadable`, `progress-not-written`; then nothing was changed.
 */
export async function importProgress(file: string, path = progressPath()): Promise<string | undefined> {
  const text = await readIfThere(file);
  const progress = text === undefined ? undefined : parsed(text);
  if (!progress) {
    throw new FiredrillError(`${file} ${text === undefined ? 'is not there' : 'is not an exported progress'}.`, {
      code: 'progress-unreadable',
      remedy: "Give a file that 'npx firedrill progress export FILE' wrote. Nothing was changed.",
      exitCode: 2,
    });
  }
  return whileLocked(path, async () => {
    const old = await readIfThere(path);
    const kept = old === undefined ? undefined : `${path}.before-import-${timeForName()}`;
    if (old !== undefined && kept !== undefined) await writeAtomically(kept, old);
    await writeProgress(progress, path);
    return kept;
  });
}

function parsed(text: string): Progress | undefined {
  try {
    return progressSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const timeForName = (): string => new Date().toISOString().replaceAll(':', '-').replace(/\..*/, '');
