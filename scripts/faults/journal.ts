import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { readIfThere } from '../system/files.ts';
import type { Process } from '../system/lock.ts';
import type { FaultState, InjectedFault } from './fault.ts';

const words = z.array(z.string()).readonly();
const line = z.object({
  id: z.string(),
  state: z.enum(['planned', 'injected', 'undoing', 'undone', 'gone']),
  at: z.string(),
  /** How it came to this state, where that is not plain. */
  how: z.string().optional(),
  /** Only in the first line of a fault. */
  plan: z
    .object({
      lab: z.string(),
      leaseSeconds: z.number(),
      /** What tells one boot of each machine from the next: a word a machine, in the fault's order. */
      boot: z.string(),
      /** The process that injects it and looks after it. */
      owner: z.object({ pid: z.number(), started: z.string() }).optional(),
      fault: z.object({
        kind: z.string(),
        machine: z.string(),
        others: words.optional(),
        title: z.string(),
        inject: z.string(),
        proof: z.string(),
        undo: z.string().optional(),
        onHost: z.object({ inject: words, proof: words, undo: words.optional() }).optional(),
      }),
    })
    .optional(),
});
type Line = z.infer<typeof line>;

export interface JournalEntry extends InjectedFault {
  state: FaultState;
  boot: string;
  owner: Process | undefined;
  how: string | undefined;
}

/**
 * What was broken on a lab and what undoes it: a file of JSON lines, each on disk before the next thing is done.
 * Processes may write at the same time. A line that a crash cut short is skipped.
 */
export class FaultJournal {
  readonly path: string;

  constructor(labFolder: string) {
    this.path = join(labFolder, 'faults.jsonl');
  }

  /** Every fault ever journaled, oldest first, each in its latest state. */
  async entries(): Promise<JournalEntry[]> {
    const entries = new Map<string, JournalEntry>();
    for (const text of ((await readIfThere(this.path)) ?? '').split('\n')) {
      const next = parsed(text);
      const known = next && entries.get(next.id);
      if (next?.plan && !known) entries.set(next.id, entryOf(next, next.plan));
      else if (next && known) Object.assign(known, { state: next.state, how: next.how });
    }
    return [...entries.values()];
  }

  /** The faults that may still be in force, oldest first. */
  async open(): Promise<JournalEntry[]> {
    return (await this.entries()).filter(({ state }) => state !== 'undone' && state !== 'gone');
  }

  async plan(injected: InjectedFault, boot: string, owner?: Process): Promise<void> {
    const { id, fault, lab, leaseSeconds, injectedAt } = injected;
    await this.#append({ id, state: 'planned', at: injectedAt, plan: { lab, leaseSeconds, boot, owner, fault } });
  }

  async note(id: string, state: FaultState, how?: string): Promise<void> {
    await this.#append({ id, state, at: new Date().toISOString(), how });
  }

  async #append(next: Line): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a+', 0o600);
    try {
      const { size } = await file.stat();
      const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
      // One write, so that two processes cannot mix their lines; after a line cut short, a new one is begun.
      await file.write(`${last === '\n' ? '' : '\n'}${JSON.stringify(next)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    if (next.state === 'planned') await syncFolder(dirname(this.path));
  }
}

function parsed(text: string): Line | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function entryOf({ id, state, at, how }: Line, plan: NonNullable<Line['plan']>): JournalEntry {
  // zod types an absent property as `undefined`; the contract wants it absent.
  const fault = JSON.parse(JSON.stringify(plan.fault)) as InjectedFault['fault'];
  const { lab, leaseSeconds, boot, owner } = plan;
  return { id, state, how, injectedAt: at, lab, leaseSeconds, boot, owner, fault };
}

/** A new file is only safe when its folder's entry is on disk as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
