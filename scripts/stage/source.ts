import type { StageEvent } from './event.ts';
import type { Cause } from './ledger.ts';
import type { Second } from './load/second.ts';
import type { ShownEvent, StageView } from './view.ts';

/** What whoever shows the stage is given. The page and the tests know no more of it. */
export interface StageSource {
  view(): StageView;
  seconds(): readonly Second[];
  events(): readonly ShownEvent[];
  causes(): readonly Cause[];
}

/** What is kept of a run as it goes. */
export interface StageRecorder {
  second(second: Second): void;
  event(event: StageEvent): void;
}
