import type { Cause } from './ledger.ts';
import { failedIn, type Second } from './load/second.ts';
import { sharesOf } from './view.ts';

/** A run in numbers. */
export interface Summary {
  /** Requests a second that were asked for. */
  rate: number;
  seconds: number;
  /** Requests that were due. */
  requests: number;
  answered: number;
  failed: number;
  /** Seconds in which the app was not healthy, and in which nobody could tell. */
  unhealthySeconds: number;
  unknownSeconds: number;
  /** Requests that left late, or could not be sent: more than one of 100, and the run tells of the generator. */
  late: number;
  /** Requests that were under way when the load was ended, and given up: in none of the other counts. */
  unheard: number;
  /** Of half of all seconds: at most. */
  p50Ms: number;
  p99Ms: number;
  /** In the slowest second. */
  worstP99Ms: number;
  /** Failed requests by what caused them. */
  causes: readonly { says: string; failed: number }[];
  /** Share of the answers that each pod gave, 0 to 1. */
  pods: Readonly<Record<string, number>>;
}

export const notExplained = 'not explained';

export function summaryOf({
  rate,
  seconds,
  causes,
  health,
}: {
  rate: number;
  seconds: readonly Second[];
  causes: readonly Cause[];
  health: { unhealthySeconds: number; unknownSeconds: number };
}): Summary {
  const sum = (value: (second: Second) => number): number => seconds.reduce((total, one) => total + value(one), 0);
  // Where nothing was answered, there is no latency.
  const answering = seconds.filter(({ answered }) => answered > 0);
  const latencies = (of: (second: Second) => number): number[] =>
    answering.map(of).toSorted((one, other) => one - other);
  const median = (numbers: readonly number[]): number => numbers[Math.floor(numbers.length / 2)] ?? 0;
  const p99 = latencies(({ p99Ms }) => p99Ms);
  return {
    rate,
    seconds: seconds.length,
    requests: sum(({ due }) => due),
    answered: sum(({ answered }) => answered),
    failed: sum(failedIn),
    ...health,
    late: sum(({ late }) => late),
    unheard: sum(({ unheard = 0 }) => unheard),
    p50Ms: median(latencies(({ p50Ms }) => p50Ms)),
    p99Ms: median(p99),
    worstP99Ms: p99.at(-1) ?? 0,
    causes: causes.map(({ event, failed }) => ({ says: event?.says ?? notExplained, failed })),
    pods: Object.fromEntries(
      [...sharesOf(seconds)].map(([pod, share]) => [pod, Math.round(share * 10_000) / 10_000] as const),
    ),
  };
}
