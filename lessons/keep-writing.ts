import { setTimeout as pause } from 'node:timers/promises';

/** One write. Times are milliseconds since the epoch. */
export interface Write {
  sentAt: number;
  answeredAt: number;
  ok: boolean;
}

/** Milliseconds that a write is waited for after the step's end: longer than a member takes that serves. */
const afterMilliseconds = 3000;

/**
 * Sends a write again and again until the step ends, and does not wait for one before the next. It ends with a write that was
 * confirmed: a step may be reached in the moment in which somebody leads again, and a gap ends with the write behind it.
 * @param write must not reject
 * @returns in the order in which they were answered
 */
export async function keepWriting(
  signal: AbortSignal,
  { everyMilliseconds, write }: { everyMilliseconds: number; write: (turn: number) => Promise<Write> },
): Promise<Write[]> {
  const writes: Write[] = [];
  const open = new Set<Promise<void>>();
  let turn = 0;
  const send = (): void => {
    const writing = write(turn++).then((one) => {
      writes.push(one);
      open.delete(writing);
    });
    open.add(writing);
  };
  while (!signal.aborted) {
    send();
    await pause(everyMilliseconds, undefined, { signal }).catch(() => undefined);
  }
  const endedAt = Date.now();
  const isConfirmed = (): boolean => writes.some(({ ok, answeredAt }) => ok && answeredAt >= endedAt);
  while (!isConfirmed() && Date.now() < endedAt + afterMilliseconds) {
    send();
    await pause(everyMilliseconds);
  }
  await Promise.all(open);
  return writes.sort((a, b) => a.answeredAt - b.answeredAt);
}

/** @throws where nobody wrote: then nothing was measured. */
export function writesIn(observed: unknown): readonly Write[] {
  const writes = (observed as readonly Write[] | undefined) ?? [];
  if (writes.length < 5) throw new Error('too few writes were sent');
  return writes;
}

/** The longest time between two confirmed writes, and the usual one, in seconds. @throws where too few were confirmed. */
export function longestGap(writes: readonly Write[]): { seconds: number; usualSeconds: number } {
  const confirmed = writes
    .filter(({ ok }) => ok)
    .map(({ answeredAt }) => answeredAt)
    .sort((a, b) => a - b);
  const gaps = confirmed.slice(1).map((at, index) => at - (confirmed[index] ?? at));
  if (gaps.length < 5) throw new Error('too few writes were confirmed');
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  return { seconds: Math.max(...gaps) / 1000, usualSeconds: usual / 1000 };
}
