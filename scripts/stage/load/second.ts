/** Requests that failed in the same way, through the same door, among those that were due in one second. */
export interface FailedRequests {
  /** The machine through whose NodePort they went. */
  door: string;
  how: string;
  count: number;
  /** When the last of them had failed, in milliseconds since the epoch. */
  lastAt: number;
}

/**
 * What became of the requests that were due in one second. A request belongs to the second in which it was due, not to
 * the one in which it left or was answered: a generator that was late, or an app that was slow, hides nothing.
 */
export interface Second {
  /** Its beginning: milliseconds since the epoch. */
  at: number;
  due: number;
  /** Answered with 2xx. */
  answered: number;
  /** Answered with 2xx within `inTimeSeconds` of when it was due. */
  inTime: number;
  failures: readonly FailedRequests[];
  /** Left later than `lateMilliseconds` after they were due, or could not be sent: the generator's fault. */
  late: number;
  /** Under way when the load was ended, and given up: in no other count. Absent where none was. */
  unheard?: number;
  /** Of those that were answered, from when they were due. */
  p50Ms: number;
  p99Ms: number;
  /** Answered requests by the pod that answered them. */
  pods: Readonly<Record<string, number>>;
  /** Whether all its requests are over, so that it will not change any more. */
  final: boolean;
}

/** Seconds after which a request that was not answered has failed. */
export const answerSeconds = 5;
/** Seconds within which somebody who waits for a page still calls it there. */
export const inTimeSeconds = 1;
/** Share of a second's requests that must be answered in time. */
export const healthyShare = 0.99;
/** Share of a second's requests that may leave late before nobody can tell about the app. */
export const lateShare = 0.01;
/** Milliseconds: a garbage collector, or a busy core, delays a request by less. */
export const lateMilliseconds = 100;

/**
 * *Healthy*: of the requests that were due in a second, 99 of 100 were answered with 2xx within one second. So a single
 * failed request is counted, but does not make the app unhealthy. Undefined, "nobody can tell", where the generator
 * sent more than one of 100 too late, as many were given up at the end, or none was due. Known one second after the second's end.
 */
export function isHealthy({
  due,
  inTime,
  late,
  unheard = 0,
}: Pick<Second, 'due' | 'inTime' | 'late' | 'unheard'>): boolean | undefined {
  if (due === 0 || late + unheard > due * lateShare) return undefined;
  return inTime >= due * healthyShare;
}

export const failedIn = ({ failures }: Pick<Second, 'failures'>): number =>
  failures.reduce((sum, { count }) => sum + count, 0);
