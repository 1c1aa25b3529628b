import type { Round, SoakRecord } from './record.ts';
import { goodInARow } from './results.ts';

/**
 * Plays rounds until so many were good in a row; goes on after those that have run, and stops at a bad one: the next run
 * then begins to count anew. It stops at one that is neither good nor bad, too: what made it so may last.
 * @returns all rounds, those of earlier runs included
 */
export async function playInARow(
  record: Pick<SoakRecord, 'rounds' | 'add'>,
  wanted: number,
  play: (round: number) => Promise<Round>,
): Promise<Round[]> {
  const done = await record.rounds();
  while (goodInARow(done) < wanted) {
    const result = await play(done.length + 1);
    await record.add(result);
    done.push(result);
    if (!result.ok) break;
  }
  return done;
}
