import type { Check } from '../checks/verdict.ts';
import type { Lab } from '../lab/lab.ts';
import { lookAtAll, sleep, type Sighting } from './look.ts';
import type { DrillStep, Page } from './model.ts';
import type { LessonRun } from './run.ts';

/** Seconds between two rounds of looks. Longer than in a watch: nobody waits for what they see. */
const pauseSeconds = 2;

/** What holds once a drill was reached. */
export const checksAfter = ({ recovered, unharmed = [] }: DrillStep): readonly Check[] => [...recovered, ...unharmed];

/** Looks that go on while the learner reads. */
export interface LookingOn {
  /** Ends it: after that nothing is emitted any more. Never rejects; safe to call twice. */
  end(): Promise<void>;
}

export const notLooking: LookingOn = { end: () => Promise.resolve() };

/**
 * Goes on looking at a lab on which a drill was reached, until it is ended. Emits `tick-turned-amber` once, where
 * a claim does not hold any more.
 */
export function lookOn(page: Page, step: DrillStep, run: LessonRun): LookingOn {
  const { lesson, ui, lab } = run;
  // Unattended the next step starts at once: there is no time in which to look, and none must be added.
  if (!ui.interactive) return notLooking;
  const over = new AbortController();
  const signal = AbortSignal.any([run.signal, over.signal]);
  const looking = untilCollapsed(checksAfter(step), lab, signal)
    .then((lost) => {
      if (!signal.aborted) ui.emit({ type: 'tick-turned-amber', lesson, page, ...lost });
    })
    // It ends like this when it is told to; and no look beside a page may end a lesson.
    .catch(() => undefined);
  return {
    end() {
      over.abort(new Error('the learner went on'));
      return looking;
    },
  };
}

/** The first claim that is unmet in two rounds in a row: one bad sample does not count. @throws the signal's reason. */
async function untilCollapsed(checks: readonly Check[], lab: Lab, signal: AbortSignal): Promise<Sighting> {
  let before: readonly string[] = [];
  for (;;) {
    await sleep(pauseSeconds, signal);
    const unmet = (await lookAtAll(checks, lab, signal)).filter(({ verdict }) => verdict.kind === 'unmet');
    const again = unmet.find(({ claim }) => before.includes(claim));
    if (again) return again;
    before = unmet.map(({ claim }) => claim);
  }
}
