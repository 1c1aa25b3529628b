import { sleep } from './look.ts';

/**
 * Asks for the differences until there are none, or the time is over; returns the last ones. A look that fails is no answer.
 * @throws the signal's reason; what the last look threw.
 */
export async function waitForSame(
  look: () => Promise<readonly string[]>,
  deadlineSeconds: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const startedAt = Date.now();
  for (;;) {
    const isLate = (): boolean => Date.now() - startedAt >= deadlineSeconds * 1000;
    const left = await look().catch((error: unknown) => {
      if (signal.aborted || isLate()) throw error;
      return undefined;
    });
    if (left && (left.length === 0 || isLate())) return left;
    await sleep(1, signal);
  }
}
