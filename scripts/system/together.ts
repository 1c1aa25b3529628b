import { Interrupted } from './errors.ts';

/**
 * Does several things at once. Where one fails, the others are told to stop and waited for, so that none goes on alone.
 * @throws what failed first.
 */
export async function together(
  works: readonly ((signal: AbortSignal) => Promise<unknown>)[],
  signal?: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const ends = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const running = works.map(async (work) => {
    try {
      await work(ends);
    } catch (error) {
      failed.abort(new Interrupted());
      throw error;
    }
  });
  try {
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
}
