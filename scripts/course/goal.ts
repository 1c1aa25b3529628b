import type { Check } from '../checks/verdict.ts';
import { firstNotMet, said, type Sighting } from './look.ts';
import type { Page } from './model.ts';

/** What a learner is to reach on a page. */
export interface Goal {
  page: Page;
  checks: readonly Check[];
  holdSeconds: number;
  /** The state may hold already: it counts once it was seen unmet, or once the page's commands ran. */
  mayHoldAlready: boolean;
}

export type Attempt =
  | {
      kind: 'reached';
      how: 'self' | 'run-for-me' | 'skipped';
      startedAt: number;
      metAt: number;
      /** Whether all checks were met at the first look: it was done while the bets were open. */
      early?: boolean;
    }
  | { kind: 'failed'; why: string }
  | { kind: 'back' }
  | { kind: 'quit' };

/** Why a wait was given up, in one sentence. */
export function lateness(sightings: readonly Sighting[], seconds: number): string {
  const missing = firstNotMet(sightings);
  const state = missing ? `${missing.claim}: ${said(missing.verdict)}` : 'it did not hold';
  return `not reached within ${Math.round(seconds)} s. ${state}`;
}
