import { join } from 'node:path';
import { z } from 'zod';
import type { LoadedLesson } from '../course/model.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';

const positionSchema = z.object({
  /** Folder name of the lesson. */
  lesson: z.string(),
  /** Heading of the step. */
  heading: z.string(),
  /** The command that comes next, or runs. */
  command: z.string().optional(),
  /** `reached`: the presenter talks, and goes on with the next step. `finished`: with the lesson. */
  state: z.enum(['open', 'reached', 'finished']),
  /** When the presentation began, milliseconds since the epoch. */
  startedAt: z.number(),
});

/** Where a presentation is. The speaker's notes follow it, and a presentation that was stopped goes on there. */
export type Position = z.infer<typeof positionSchema>;

export const positionPath = (): string => join(stateFolder(), 'presentation.json');

/** Undefined where nothing was presented yet, or the file cannot be read. */
export async function readPosition(path = positionPath()): Promise<Position | undefined> {
  try {
    return positionSchema.parse(JSON.parse((await readIfThere(path)) ?? ''));
  } catch {
    return undefined;
  }
}

/** Keeps positions, the last one last. A presentation goes on where they cannot be written. */
export class PositionKeeper {
  private readonly path: string;
  private writing: Promise<void> = Promise.resolve();

  constructor(path = positionPath()) {
    this.path = path;
  }

  keep(position: Position): void {
    this.writing = this.writing
      .then(() => writeAtomically(this.path, `${JSON.stringify(position)}\n`))
      .catch(() => undefined);
  }

  written(): Promise<void> {
    return this.writing;
  }
}

/** Index of the step at which a presentation of this lesson goes on; 0 where it was not begun, or was finished. */
export function stepToGoOnAt(lesson: LoadedLesson, position: Position | undefined): number {
  if (position?.lesson !== lesson.id || position.state === 'finished') return 0;
  const at = lesson.pages.findIndex(({ heading }) => heading === position.heading);
  const next = position.state === 'reached' ? at + 1 : at;
  return Math.max(0, Math.min(next, lesson.pages.length - 1));
}

/**
 * Text of the command at which the presentation goes on in that step; undefined where it begins with the step, or the page
 * has no such command any more.
 */
export function commandToGoOnAt(lesson: LoadedLesson, position: Position | undefined): string | undefined {
  if (position?.lesson !== lesson.id || position.state !== 'open') return undefined;
  const page = lesson.pages.find(({ heading }) => heading === position.heading);
  const typed = page?.commands.filter(({ show }) => !show).map(({ text }) => text) ?? [];
  return typed.indexOf(position.command ?? '') > 0 ? position.command : undefined;
}
