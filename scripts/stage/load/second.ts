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
  /**
   * Of those, the ones that are known to have left late, or that could not be sent: by their own times. The rest was not
   * heard of in time, which an app that does not answer can cause, too. Absent where there was none.
   */
  leftLate?: number;
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
/** Seconds that "lately" means. */
export const latelySeconds = 10;
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

export const failedInAll = (seconds: readonly Pick<Second, 'failures'>[]): number =>
  seconds.reduce((sum, second) => sum + failedIn(second), 0);

/** A second in which the generator itself was the limit. */
export interface LateSecond {
  second: Second;
  /** Of the requests of the last seconds, this one included, the share (0 to 1) that left late. */
  share: number;
}

/**
 * The seconds in which the generator itself was late: more than one of 100 requests that were due in the
 * `latelySeconds` up to and with it left late. What failed in them may have failed because this computer was too busy.
 * @param seconds of one load, oldest first
 */
export function lateSeconds(seconds: readonly Second[]): LateSecond[] {
  return seconds.flatMap((second) => {
    const last = seconds.filter(({ at }) => at <= second.at && at > second.at - latelySeconds * 1000);
    const due = last.reduce((sum, one) => sum + one.due, 0);
    const leftLate = last.reduce((sum, one) => sum + (one.leftLate ?? 0), 0);
    return leftLate > due * lateShare ? [{ second, share: leftLate / due }] : [];
  });
}
