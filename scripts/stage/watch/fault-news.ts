import { stat } from 'node:fs/promises';
import { FaultJournal, type JournalEntry } from '../../faults/journal.ts';
import type { News } from '../event.ts';

/** Reads the journal of faults when it has changed, and tells what was broken and what was put back. */
export class FaultWatch {
  private readonly journal: FaultJournal;
  private seen = '';
  private known: Map<string, boolean> | undefined;

  constructor(labFolder: string) {
    this.journal = new FaultJournal(labFolder);
  }

  /** What is new since the last call. The first tells of the faults that are in force, and of no earlier ones. */
  async look(): Promise<News[]> {
    const state = await stat(this.journal.path).catch(() => undefined);
    const version = state ? `${state.size} ${state.mtimeMs}` : '';
    if (this.known && version === this.seen) return [];
    this.seen = version;
    const entries = await this.journal.entries();
    const news = entries.flatMap((entry) => this.newsOf(entry, this.known?.get(entry.id) ?? false));
    this.known = new Map(entries.map((entry) => [entry.id, isOn(entry)]));
    return news;
  }

  private newsOf(entry: JournalEntry, wasOn: boolean): News[] {
    const { id: subject, fault, injectedAt } = entry;
    const { machine, title } = fault;
    if (!wasOn && isOn(entry)) {
      return [{ kind: 'fault-on', machine, subject, says: `Fault on: ${title}`, at: Date.parse(injectedAt) }];
    }
    if (wasOn && !isOn(entry)) return [{ kind: 'fault-off', machine, subject, says: `Fault off: ${title}` }];
    return [];
  }
}

const isOn = ({ state }: JournalEntry): boolean => state !== 'undone' && state !== 'gone';
