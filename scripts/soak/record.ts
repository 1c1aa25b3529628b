import { appendFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readIfThere } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';

export interface Round {
  round: number;
  ok: boolean;
  /** Neither good nor bad: the computer, and not what was tested, may be the cause. Then `ok` is false. */
  unsure?: true;
  what: string;
  seconds: number;
  /** What went wrong. */
  why?: string;
}

/** The rounds of a soak that have run, one a line: a soak that was stopped goes on after the last one. */
export class SoakRecord {
  readonly path: string;

  constructor(name: string) {
    this.path = join(stateFolder(), 'soak', `${name}.jsonl`);
  }

  async rounds(): Promise<Round[]> {
    const lines = ((await readIfThere(this.path)) ?? '').split('\n').filter((line) => line.endsWith('}'));
    return lines.map((line) => JSON.parse(line) as Round);
  }

  async add(round: Round): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    await appendFile(this.path, `${JSON.stringify(round)}\n`);
  }

  async forget(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
