import type { Check, Verdict } from '../checks/verdict.ts';
import { unknown, unmet } from '../checks/verdict.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError, Interrupted, messageOf } from '../system/errors.ts';

/** What was seen of one check. */
export interface Sighting {
  claim: string;
  verdict: Verdict;
}

/** Seconds after which a look is given up, and its verdict is `unknown`. */
export const lookLimitSeconds = 10;

/**
 * Looks at all checks at once. A look that throws or takes longer than 10 s is `unknown`, never `met`.
 * @throws the signal's reason.
 */
export async function lookAtAll(checks: readonly Check[], lab: Lab, signal?: AbortSignal): Promise<Sighting[]> {
  signal?.throwIfAborted();
  return Promise.all(
    checks.map(async (check) => ({ claim: check.claim, verdict: await lookOnce(check, lab, signal) })),
  );
}

async function lookOnce(check: Check, lab: Lab, signal: AbortSignal | undefined): Promise<Verdict> {
  const tooLong = new AbortController();
  const both = signal ? AbortSignal.any([signal, tooLong.signal]) : tooLong.signal;
  const limit = setTimeout(() => {
    tooLong.abort(new Error(`no answer within ${lookLimitSeconds} s`));
  }, lookLimitSeconds * 1000);
  try {
    return await untilAborted(check.look(lab, both), both);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Interrupted) throw error;
    if (error instanceof FiredrillError && error.code === 'lab-missing') {
      return unmet('there is no lab', check.claim, "The lab is not there yet: 'npx firedrill lab up' boots it.");
    }
    return unknown(messageOf(error));
  } finally {
    clearTimeout(limit);
  }
}

/** The promise's outcome, or a rejection with the signal's reason as soon as it aborts. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(signal.reason as Error);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(signal.reason as Error);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => {
    signal.removeEventListener('abort', onAbort);
  });
}

/** Resolves after that time; rejects with the signal's reason as soon as it aborts. */
export function sleep(seconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, seconds * 1000, undefined);
  const onAbort = (): void => {
    clearTimeout(timer);
    reject(signal?.reason as Error);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => signal?.removeEventListener('abort', onAbort));
}

export const allMet = (sightings: readonly Sighting[]): boolean =>
  sightings.every(({ verdict }) => verdict.kind === 'met');

/** All in one word. What is known not to hold weighs more than what could not be told. */
export function summaryOf(sightings: readonly Sighting[]): Verdict['kind'] {
  const kinds = sightings.map(({ verdict }) => verdict.kind);
  if (kinds.includes('unmet')) return 'unmet';
  return kinds.includes('unknown') ? 'unknown' : 'met';
}

/** The first claim that does not hold: what is awaited. */
export const firstNotMet = (sightings: readonly Sighting[]): Sighting | undefined =>
  sightings.find(({ verdict }) => verdict.kind !== 'met');

/** A verdict in one line. */
export function said(verdict: Verdict): string {
  if (verdict.kind === 'met') return verdict.saw;
  if (verdict.kind === 'unknown') return `could not tell: ${verdict.why}`;
  return `saw ${verdict.saw}; wanted ${verdict.wanted}`;
}
