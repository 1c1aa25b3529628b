import { sleep } from './look.ts';

/** Asks for the differences until there are none, or the time is over; returns the last ones. @throws the signal's reason. */
export async function waitForSame(
  look: () => Promise<readonly string[]>,
  deadlineSeconds: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const startedAt = Date.now();
  for (;;) {
    const left = await look();
    if (left.length === 0 || Date.now() - startedAt >= deadlineSeconds * 1000) return left;
    await sleep(1, signal);
  }
}
