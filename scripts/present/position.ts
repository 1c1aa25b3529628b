import { join } from 'node:path';
import { z } from 'zod';
import type { LoadedLesson } from '../course/model.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';

const where = {
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
};

const positionSchema = z.object({
  ...where,
  /** There in a rehearsal, which moves the notes along: where the presentation before it was stopped, if one was. */
  rehearsal: z.object({ stopped: z.object(where).optional() }).optional(),
});

/** Where a presentation is. The speaker's notes follow it, and a presentation that was stopped goes on there. */
export type Position = z.infer<typeof positionSchema>;

/** A file for each lesson: showing another one in between must not lose where the first was stopped. */
const positionsFolder = (): string => join(stateFolder(), 'presentations');

const pathOf = (lesson: string, folder: string): string => join(folder, `${lesson}.json`);

/** Where the last presentation that was no rehearsal is. */
export const stoppedAt = (position: Position | undefined): Position | undefined =>
  position?.rehearsal ? position.rehearsal.stopped : position;

export interface ReadOptions {
  /** Told where the position cannot be read. */
  onDamaged?: (message: string) => void;
  folder?: string;
}

/**
 * Undefined where this lesson was not presented yet, or its position cannot be read: the next one that is kept takes its
 * place.
 * @param lesson folder name of the lesson
 */
export async function readPosition(
  lesson: string,
  { onDamaged = () => undefined, folder = positionsFolder() }: ReadOptions = {},
): Promise<Position | undefined> {
  const path = pathOf(lesson, folder);
  try {
    const text = await readIfThere(path);
    return text === undefined ? undefined : positionSchema.parse(JSON.parse(text));
  } catch {
    const begins = "It begins with its first step, or with the one that '--from' names.";
    onDamaged(`Where this lesson was stopped could not be read from ${path}. ${begins}`);
    return undefined;
  }
}

/** Keeps positions, the last one of each lesson. A presentation goes on where they cannot be written. */
export class PositionKeeper {
  private readonly folder: string;
  private readonly rehearsal: Position['rehearsal'];
  private writing: Promise<void> = Promise.resolve();

  /** @param options.rehearsal that this is one, and which position it must not lose */
  constructor({ folder = positionsFolder(), rehearsal }: { folder?: string; rehearsal?: Position['rehearsal'] } = {}) {
    this.folder = folder;
    this.rehearsal = rehearsal;
  }

  keep(position: Position): void {
    const text = JSON.stringify({ ...position, rehearsal: this.rehearsal });
    this.writing = this.writing
      .then(() => writeAtomically(pathOf(position.lesson, this.folder), `${text}\n`))
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
