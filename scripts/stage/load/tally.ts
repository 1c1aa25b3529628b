import { build, type Histogram } from 'hdr-histogram-js';
import type { Result } from './results.ts';
import { failureOf } from './outcome.ts';
import { Schedule } from './schedule.ts';
import { answerSeconds, inTimeSeconds, lateMilliseconds, type FailedRequests, type Second } from './second.ts';
import { machineOfUrl } from './visitors.ts';

/** A generator that waits for a processor tells of a request up to so much after it is over. Measured: more than a second. */
const heardAfterMs = 3000;
/** Milliseconds after a second's beginning when all its requests are over and heard of. */
const finalAfterMs = 1000 + answerSeconds * 1000 + heardAfterMs;
/** Seconds whose latencies count for what is shown as "the last seconds". */
const recentSeconds = 5;
/** One in a hundred is exact enough, and makes a histogram of every second small. Microseconds. */
const newHistogram = (): Histogram =>
  build({ highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: 2, useWebAssembly: false });

interface Open {
  at: number;
  answered: number;
  inTime: number;
  late: number;
  /** Could not be sent: neither answered nor failed. Late, too. */
  unsent: number;
  failures: Map<string, FailedRequests>;
  pods: Map<string, number>;
  latencies: Histogram;
}

/** Latencies of the last seconds, in milliseconds. */
export interface Recent {
  p50Ms: number;
  p99Ms: number;
}

/** Counts requests by the second in which they were due. */
export class Tally {
  private readonly open = new Map<number, Open>();
  private schedules: Schedule[] = [];
  /** The latest second that was told as final. */
  private finalAt = -Infinity;

  /** A generator that is started now. @param rate requests a second @param now milliseconds since the epoch */
  begin(rate: number, now: number): Schedule {
    const schedule = new Schedule(rate, now);
    this.schedules.push(schedule);
    return schedule;
  }

  take(result: Result, schedule: Schedule): void {
    const dueAt = schedule.dueAt(result);
    const waitedMs = result.sentAt + result.tookMs - dueAt;
    const second = this.secondOf(dueAt);
    const failure = failureOf(result, waitedMs);
    if (failure === 'unsent' || result.sentAt - dueAt > lateMilliseconds) second.late += 1;
    if (failure === 'unsent') {
      second.unsent += 1;
      return;
    }
    if (failure !== undefined) {
      const door = machineOfUrl(result.url);
      const key = `${door} ${failure}`;
      const known = second.failures.get(key) ?? { door, how: failure, count: 0, lastAt: 0 };
      const lastAt = Math.max(known.lastAt, result.sentAt + result.tookMs);
      second.failures.set(key, { ...known, count: known.count + 1, lastAt });
      return;
    }
    second.answered += 1;
    if (waitedMs <= inTimeSeconds * 1000) second.inTime += 1;
    second.pods.set(result.pod, (second.pods.get(result.pod) ?? 0) + 1);
    second.latencies.recordValue(Math.min(60_000_000, Math.max(1, Math.round(waitedMs * 1000))));
  }

  /** The seconds that have passed and are not final yet, oldest first, and those that are so now for the first time. */
  read(now: number): Second[] {
    this.openSilentSeconds(now);
    const passed = [...this.open.values()].filter(({ at }) => at + 1000 <= now);
    return this.tell(passed, now);
  }

  /**
   * All that is left, as final: no generator runs any more.
   * @param cutShort whether generators were killed: then what is missing was under way, and no generator was late
   */
  close(cutShort = false): Second[] {
    return this.tell([...this.open.values()], Infinity, cutShort);
  }

  recent(now: number): Recent {
    const all = newHistogram();
    const from = now - recentSeconds * 1000;
    for (const { at, latencies } of this.open.values()) if (at >= from) all.add(latencies);
    return percentiles(all);
  }

  /** A second in which requests were due and none is over yet is one, too: that is how silence looks. */
  private openSilentSeconds(now: number): void {
    const last = Math.floor(now / 1000) * 1000 - 1000;
    for (let at = Math.max(this.finalAt + 1000, last - finalAfterMs); at <= last; at += 1000) {
      if (!this.open.has(at) && this.plannedIn(at) >= 1) this.secondOf(at);
    }
    this.schedules = this.schedules.filter((schedule) => !schedule.isOver(last - finalAfterMs));
  }

  private tell(seconds: readonly Open[], now: number, cutShort = false): Second[] {
    const told = seconds
      .toSorted((one, other) => one.at - other.at)
      .map((second) => this.told(second, now >= second.at + finalAfterMs, cutShort));
    for (const { at, final } of told) {
      if (!final) continue;
      this.open.delete(at);
      this.finalAt = Math.max(this.finalAt, at);
    }
    return told;
  }

  private plannedIn(at: number): number {
    return this.schedules.reduce((sum, schedule) => sum + schedule.dueIn(at), 0);
  }

  private secondOf(dueAt: number): Open {
    // What is heard of after its second was told as final counts for the first that is not: nothing is lost.
    const at = Math.max(Math.floor(dueAt / 1000) * 1000, this.finalAt + 1000);
    let second = this.open.get(at);
    if (!second) {
      const latencies = newHistogram();
      second = { at, answered: 0, inTime: 0, late: 0, unsent: 0, failures: new Map(), pods: new Map(), latencies };
      this.open.set(at, second);
    }
    return second;
  }

  private told({ at, latencies, failures, pods, unsent, ...counts }: Open, final: boolean, cutShort: boolean): Second {
    const counted = [...failures.values()].reduce((sum, { count }) => sum + count, counts.answered + unsent);
    const planned = this.plannedIn(at);
    // Where all are over, what was counted is exact; what had to be and was not sent stays due.
    const missing = planned * 0.99 > counted;
    const due = final && (cutShort || !missing) ? counted : Math.max(counted, Math.round(planned));
    const unheard = cutShort ? Math.max(0, Math.round(planned) - counted) : 0;
    return {
      at,
      ...counts,
      due,
      late: counts.late + (final ? due - counted : 0),
      ...(counts.late === 0 ? {} : { leftLate: counts.late }),
      ...(unheard === 0 ? {} : { unheard }),
      failures: [...failures.values()],
      ...percentiles(latencies),
      pods: Object.fromEntries(pods),
      final,
    };
  }
}

function percentiles(histogram: Histogram): Recent {
  const ms = (percentile: number): number =>
    histogram.totalCount === 0 ? 0 : Math.round(histogram.getValueAtPercentile(percentile) / 10) / 100;
  return { p50Ms: ms(50), p99Ms: ms(99) };
}
