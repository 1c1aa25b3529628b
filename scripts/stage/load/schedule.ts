import type { Result } from './results.ts';

/**
 * When the requests of one generator are due. vegeta says when a request left; when it should have left follows from its
 * number: `Pace` of its ConstantPacer (lib/pacer.go) sends the request of number n, from 0, after n + 1 intervals of
 * whole nanoseconds, and sends at once all that it is behind.
 */
export class Schedule {
  private readonly intervalMs: number;
  /** When the generator began. It does not say so: no request can leave before it is due, so it is the earliest that fits. */
  private beganAt = Infinity;
  private endedAt = Infinity;

  private readonly startedAt: number;

  /** @param rate requests a second @param startedAt when its program was started, in milliseconds since the epoch */
  constructor(rate: number, startedAt: number) {
    this.startedAt = startedAt;
    this.intervalMs = Math.floor(1e9 / rate) / 1e6;
  }

  /** When a request was due, in milliseconds since the epoch. */
  dueAt({ seq, sentAt }: Pick<Result, 'seq' | 'sentAt'>): number {
    const offset = (seq + 1) * this.intervalMs;
    this.beganAt = Math.min(this.beganAt, sentAt - offset);
    return this.beganAt + offset;
  }

  /** Nothing is due any more from now on. */
  end(now: number): void {
    this.endedAt = Math.min(this.endedAt, now);
  }

  /** Whether nothing of it was due at that time or later. */
  isOver(at: number): boolean {
    return this.endedAt <= at;
  }

  /** How many requests were due in the second that begins at `at`. Not a whole number at its ends. */
  dueIn(at: number): number {
    // While nothing has been answered, it is only known when the program was started.
    const from = Math.max(at, Number.isFinite(this.beganAt) ? this.beganAt : this.startedAt);
    const to = Math.min(at + 1000, this.endedAt);
    return to > from ? (to - from) / this.intervalMs : 0;
  }
}
