import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Lab } from '../../scripts/lab/lab.ts';
import type { EventKind } from '../../scripts/stage/event.ts';
import { failedInAll, isHealthy, lateSeconds } from '../../scripts/stage/load/second.ts';
import { readIfThere, writeAtomically } from '../../scripts/system/files.ts';
import { putUnderLoad, type UnderLoad } from '../under-load.ts';
import { mistakesIn } from './mistakes.ts';

const partSchema = z.object({
  step: z.string(),
  requests: z.number(),
  /** By what caused it: the learner's own work, what was broken on purpose, or nothing that was seen. */
  failed: z.object({ planned: z.number(), unplanned: z.number(), unexplained: z.number() }),
  /** Of all that failed, in seconds in which the load generator itself was late. Older files do not say it. */
  failedWhileLate: z.number().default(0),
  unhealthySeconds: z.number(),
  unknownSeconds: z.number(),
  mistakes: z.array(z.string()),
});

/** What became of one step of the shift. A step that was done twice has two. */
export type Part = z.infer<typeof partSchema>;

/** Beside the lab's own files: a shift may be gone on with in another terminal. */
const pathIn = (lab: Pick<Lab, 'folder'>): string => join(lab.folder, 'shift.json');

/** The parts so far. A file that cannot be read counts as none. */
export async function readShift(lab: Pick<Lab, 'folder'>): Promise<Part[]> {
  try {
    return z.array(partSchema).parse(JSON.parse((await readIfThere(pathIn(lab))) ?? '[]'));
  } catch {
    return [];
  }
}

export async function addPart(lab: Pick<Lab, 'folder'>, part: Part): Promise<void> {
  const parts = [...(await readShift(lab)), part];
  await writeAtomically(pathIn(lab), `${JSON.stringify(parts, null, 2)}\n`);
}

export const forgetShift = (lab: Pick<Lab, 'folder'>): Promise<void> => rm(pathIn(lab), { force: true });

/**
 * What nobody planned: the faults of the lesson, and with them what follows from them, as a cause is the first of a chain.
 * Whatever else makes requests fail is the work of the shift, a machine that somebody switched off included.
 */
const unplanned: readonly EventKind[] = ['fault-on', 'fault-off'];

export function partOf(step: string, { seconds, causes, events }: UnderLoad): Part {
  const failedFor = (counts: (kind: EventKind | undefined) => boolean): number =>
    causes.filter(({ event }) => counts(event?.kind)).reduce((sum, { failed }) => sum + failed, 0);
  // The last one may have been cut off by the end of the step.
  const judged = seconds.filter(({ final }) => final).map(isHealthy);
  return {
    step,
    requests: seconds.reduce((sum, { due }) => sum + due, 0),
    failed: {
      planned: failedFor((kind) => kind !== undefined && !unplanned.includes(kind)),
      unplanned: failedFor((kind) => kind !== undefined && unplanned.includes(kind)),
      unexplained: failedFor((kind) => kind === undefined),
    },
    failedWhileLate: failedInAll(lateSeconds(seconds).map(({ second }) => second)),
    unhealthySeconds: judged.filter((healthy) => healthy === false).length,
    unknownSeconds: judged.filter((healthy) => healthy === undefined).length,
    mistakes: mistakesIn(events),
  };
}

type Observe<T> = (lab: Lab, signal: AbortSignal) => Promise<T>;

/** Puts a step of the shift under load, looks at what else `beside` looks at, and keeps what became of it for the grade. */
export const onDuty =
  <T extends object>(step: string, beside: Observe<T>): Observe<T & { load: UnderLoad }> =>
  async (lab, signal) => {
    const [load, more] = await Promise.all([putUnderLoad(lab, signal), beside(lab, signal)]);
    await addPart(lab, partOf(step, load));
    return { ...more, load };
  };

/** For a step at which nothing else is looked at. */
export const nothingElse = (): Promise<object> => Promise.resolve({});
