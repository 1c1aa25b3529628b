import type { Door } from '../door.ts';
import { Generator, type GeneratorOptions } from './generator.ts';
import { answerSeconds } from './second.ts';
import type { Tally } from './tally.ts';
import { visitorsAt } from './visitors.ts';

/**
 * Seconds after which a generator is replaced, so that no visitor keeps a connection for ever: pods that came later
 * get their share, and connections that hang are gone with it (Linux tries for two minutes to open one).
 */
const generationSeconds = 60;
/**
 * Milliseconds after which a new generator is taken to run, though no answer has come. Until then the one before it goes
 * on, so that the load has no gap.
 */
const startMilliseconds = 300;
/** Milliseconds before a generator that ended by itself is started again. */
const restartMilliseconds = 1000;

export type StartGenerator = (options: GeneratorOptions) => Pick<Generator, 'ended' | 'stop' | 'kill'>;

export interface SuccessionOptions {
  program: string;
  rate: number;
  tally: Tally;
  /** Told where a generator ended that was not to end. */
  onTrouble: (says: string) => void;
  start?: StartGenerator;
}

/** Keeps one generator running, whatever doors are open, and counts what all of them tell. */
export class Succession {
  private readonly options: SuccessionOptions;
  private readonly start: StartGenerator;
  private readonly running = new Set<{ stop(): void; kill(): void; ended: Promise<unknown> }>();
  private over = false;
  private current: { stop(): void } | undefined;
  private doors: readonly Door[] = [];
  private aging: NodeJS.Timeout | undefined;
  private restarting: NodeJS.Timeout | undefined;

  constructor(options: SuccessionOptions) {
    this.options = options;
    this.start = options.start ?? ((given) => new Generator(given));
  }

  /** Sends visitors through these doors from now on, and through no other. */
  setDoors(doors: readonly Door[]): void {
    this.doors = doors;
    this.succeed();
  }

  /**
   * Nothing more goes out; resolves when what is under way has ended, or was given up after so many seconds.
   * @returns whether anything was given up
   */
  async stop(patienceSeconds = answerSeconds + 1): Promise<boolean> {
    const givenUp: unknown[] = [];
    this.over = true;
    clearTimeout(this.aging);
    clearTimeout(this.restarting);
    for (const generator of this.running) generator.stop();
    const patience = setTimeout(() => {
      givenUp.push(...this.running);
      for (const generator of this.running) generator.kill();
    }, patienceSeconds * 1000);
    await Promise.all([...this.running].map(({ ended }) => ended));
    clearTimeout(patience);
    return givenUp.length > 0;
  }

  private succeed(): void {
    if (this.over || this.doors.length === 0) return;
    clearTimeout(this.aging);
    this.aging = setTimeout(() => {
      this.succeed();
    }, generationSeconds * 1000);
    const before = this.current;
    const { program, rate, tally } = this.options;
    const schedule = tally.begin(rate, Date.now());
    let runs = false;
    let stopped = false;
    const takeOver = (): void => {
      if (runs) return;
      runs = true;
      clearTimeout(starting);
      before?.stop();
    };
    const generator = this.start({
      program,
      rate,
      visitors: visitorsAt(this.doors, rate),
      onResult: (result) => {
        takeOver();
        tally.take(result, schedule);
      },
    });
    const starting = setTimeout(takeOver, startMilliseconds);
    const own = {
      ended: generator.ended,
      stop: () => {
        stopped = true;
        schedule.end(Date.now());
        generator.stop();
      },
      kill: () => {
        generator.kill();
      },
    };
    this.running.add(own);
    this.current = own;
    void generator.ended.then(({ says }) => {
      clearTimeout(starting);
      schedule.end(Date.now());
      this.running.delete(own);
      if (!stopped) this.restart(own, says);
    });
  }

  private restart(ended: object, says: string): void {
    if (this.current === ended) this.current = undefined;
    this.options.onTrouble(says);
    this.restarting = setTimeout(() => {
      if (!this.current) this.succeed();
    }, restartMilliseconds);
  }
}
