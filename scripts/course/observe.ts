import type { Lab } from '../lab/lab.ts';
import { messageOf } from '../system/errors.ts';
import { sleep } from './look.ts';
import type { CourseEvent } from './ui.ts';

/** Seconds that an observer is given to hand over what it has, once it was told to end. */
const handOverSeconds = 30;

/** Something that samples beside a step. */
export interface Observing {
  /** Ends it and returns what it observed; undefined where there was no observer or it failed. Safe to call twice. */
  end(): Promise<unknown>;
}

export function startObserving(
  observe: ((lab: Lab, signal: AbortSignal, first: unknown) => Promise<unknown>) | undefined,
  { lab, emit, first }: { lab: Lab; emit: (event: CourseEvent) => void; first?: unknown },
): Observing {
  if (!observe) return { end: () => Promise.resolve(undefined) };
  const over = new AbortController();
  const result = observe(lab, over.signal, first).catch((error: unknown) => {
    // An observer may simply let the abort end it.
    if (!over.signal.aborted) emit({ type: 'note', text: `The observer of this step stopped: ${messageOf(error)}` });
    return undefined;
  });
  return {
    async end() {
      over.abort(new Error('the step ended'));
      const enough = new AbortController();
      const observed = await Promise.race([result, sleep(handOverSeconds, enough.signal).catch(() => undefined)]);
      enough.abort();
      return observed;
    },
  };
}
