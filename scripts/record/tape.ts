import type { CastEvent, Frame } from './cast.ts';
import { hasSpinner, type Screen } from './screen.ts';

/** Seconds between two turns of a spinner that are kept: all of them would be most of the recording. */
const spinnerSeconds = 0.5;

/** Keeps what a program writes, and when; draws it on the screen. */
export class Tape {
  readonly events: CastEvent[] = [];
  readonly frames: Frame[] = [];
  private readonly screen: Screen;
  private readonly startedAt = performance.now();
  private leftOutSeconds = 0;
  private drawing: Promise<void> = Promise.resolve();
  private last = { stillness: '', at: 0 };

  constructor(screen: Screen) {
    this.screen = screen;
  }

  /** Seconds since the beginning of the recording. */
  get seconds(): number {
    return (performance.now() - this.startedAt) / 1000 - this.leftOutSeconds;
  }

  take(output: string): void {
    this.drawing = this.drawing.then(async () => {
      await this.screen.write(output);
      this.push(output);
    });
  }

  /** Resolves when all that was taken is on the screen. */
  drawn(): Promise<void> {
    return this.drawing;
  }

  /** Keeps the screen as it is now, and marks the place. */
  keep(caption: string): void {
    this.frames.push({ caption, rows: this.screen.rows() });
    this.events.push([this.seconds, 'm', caption]);
  }

  /** Lets what came after `from` take so many seconds at most. */
  shorten(from: number, mostSeconds: number): void {
    const took = this.seconds - from;
    if (took <= mostSeconds) return;
    const shorter = (at: number): number => (at <= from ? at : from + ((at - from) * mostSeconds) / took);
    this.events.splice(0, Infinity, ...this.events.map(([at, kind, data]) => [shorter(at), kind, data] as const));
    this.last.at = shorter(this.last.at);
    this.leftOutSeconds += took - mostSeconds;
  }

  private push(output: string): void {
    const at = this.seconds;
    const stillness = this.screen.stillness();
    const onlyTurned = hasSpinner(output) && stillness === this.last.stillness;
    if (onlyTurned && at - this.last.at < spinnerSeconds) return;
    this.last = { stillness, at };
    this.events.push([at, 'o', output]);
  }
}
