import pWaitFor, { TimeoutError } from 'p-wait-for';
import { FiredrillError, Interrupted } from './errors.ts';

export interface WaitOptions {
  /** What is awaited, for the message where it does not come: "etcd has a leader". */
  what: string;
  deadlineSeconds: number;
  /** Seconds between two looks; default 0.2. */
  everySeconds?: number;
  signal?: AbortSignal | undefined;
  /** What was last seen, for the message. */
  saw?: () => string;
  remedy?: string;
}

/**
 * Waits until a condition holds. A look that throws counts as "not yet".
 * @throws FiredrillError `waited-in-vain`; Interrupted where the signal was aborted.
 */
export async function waitUntil(look: () => Promise<boolean> | boolean, options: WaitOptions): Promise<void> {
  const { what, deadlineSeconds, everySeconds = 0.2, signal } = options;
  let last = '';
  const tolerant = async () => {
    try {
      return await look();
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      return false;
    }
  };
  try {
    await pWaitFor(tolerant, {
      interval: everySeconds * 1000,
      timeout: { milliseconds: Math.ceil(deadlineSeconds * 1000) },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw signal.reason instanceof Error ? signal.reason : new Interrupted();
    if (!(error instanceof TimeoutError)) throw error;
    const saw = options.saw?.() || last;
    throw new FiredrillError(`Waited ${deadlineSeconds} s in vain: ${what}.${saw ? ` Last seen: ${saw}` : ''}`, {
      code: 'waited-in-vain',
      remedy:
        options.remedy ?? "Look with 'npx firedrill lab status'. Running the same again goes on where it stopped.",
    });
  }
}

/**
 * Asks until there is an answer, and returns it. `undefined` is none; a question that throws counts as "not yet".
 * @throws FiredrillError `waited-in-vain`; Interrupted where the signal was aborted.
 */
export async function waitForAnswer<T>(ask: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  let answer: T | undefined;
  await waitUntil(async () => (answer = await ask()) !== undefined, options);
  return answer as T;
}

/**
 * Whether a condition comes to hold in time.
 * @throws Interrupted where the signal was aborted.
 */
export async function comesTrue(look: () => Promise<boolean> | boolean, options: WaitOptions): Promise<boolean> {
  try {
    await waitUntil(look, options);
    return true;
  } catch (error) {
    if (error instanceof FiredrillError && error.code === 'waited-in-vain') return false;
    throw error;
  }
}
