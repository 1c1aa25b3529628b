import { becauseOf, causeOfFailures } from './causes.ts';
import type { News, StageEvent } from './event.ts';
import { failedInAll, isHealthy, type Second } from './load/second.ts';

/** Milliseconds after a second during which events that come later may still explain what failed in it. */
const explainedWithin = 60_000;

/** Failed requests by their cause; `event` is undefined for those that nothing explains. */
export interface Cause {
  event: StageEvent | undefined;
  failed: number;
}

interface Explained {
  failures: Second['failures'];
  /** For each of the failures, the number of the event that caused it. */
  causes: readonly (number | undefined)[];
  knownEvents: number;
}

/** What the stage keeps of a run: every second, every event, and which of them caused which failed requests. */
export class Ledger {
  readonly seconds: Second[] = [];
  readonly events: StageEvent[] = [];
  private readonly explained = new Map<number, Explained>();

  /** Takes seconds as the tally tells them: each again and again, until it is final. */
  takeSeconds(seconds: readonly Second[]): void {
    for (const second of seconds) {
      const index = this.seconds.findLastIndex(({ at }) => at <= second.at);
      if (this.seconds[index]?.at === second.at) this.seconds[index] = second;
      else this.seconds.splice(index + 1, 0, second);
    }
  }

  /** @returns what happened, as events: numbered, and each with the one that it is a consequence of. */
  takeNews(news: readonly News[], seenAt: number): StageEvent[] {
    return news.map((one) => {
      const at = one.at ?? seenAt;
      const because = becauseOf({ ...one, at }, this.events);
      const event: StageEvent = {
        ...one,
        at,
        id: this.events.length + 1,
        ...(because === undefined ? {} : { because }),
      };
      const index = this.events.findLastIndex((earlier) => earlier.at <= at);
      this.events.splice(index + 1, 0, event);
      return event;
    });
  }

  get failed(): number {
    return failedInAll(this.seconds);
  }

  /** The causes of all failed requests, in the order of their time; what nothing explains comes last. */
  causes(): Cause[] {
    const counts = new Map<number | undefined, number>();
    for (const second of this.seconds) {
      if (second.failures.length === 0) continue;
      const { causes } = this.explain(second);
      second.failures.forEach(({ count }, index) =>
        counts.set(causes[index], (counts.get(causes[index]) ?? 0) + count),
      );
    }
    const known = this.events.flatMap((event) => {
      const failed = counts.get(event.id);
      return failed === undefined ? [] : [{ event, failed }];
    });
    const rest = counts.get(undefined);
    return rest === undefined ? known : [...known, { event: undefined, failed: rest }];
  }

  private explain({ at, failures }: Second): Explained {
    const known = this.explained.get(at);
    const isNew = known?.failures !== failures;
    const lastEvent = this.events.at(-1)?.at ?? 0;
    const mayChange = known?.knownEvents !== this.events.length && lastEvent < at + explainedWithin;
    if (known && !isNew && !mayChange) return known;
    const causes = failures.map((failed) => causeOfFailures(at, failed, this.events)?.id);
    const explained = { failures, causes, knownEvents: this.events.length };
    this.explained.set(at, explained);
    return explained;
  }

  /** Seconds in which the app was not healthy, and in which nobody could tell. Only whole seconds count. */
  health(): { unhealthySeconds: number; unknownSeconds: number } {
    const judged = this.seconds.filter(({ final }) => final).map(isHealthy);
    return {
      unhealthySeconds: judged.filter((healthy) => healthy === false).length,
      unknownSeconds: judged.filter((healthy) => healthy === undefined).length,
    };
  }
}
