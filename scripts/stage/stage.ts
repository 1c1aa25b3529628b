import type { Lab } from '../lab/lab.ts';
import type { StageEvent } from './event.ts';
import { Ledger, type Cause } from './ledger.ts';
import type { LoadNews } from './load/messages.ts';
import type { Second } from './load/second.ts';
import { startLoad, type Load, type StartLoad } from './load/start-load.ts';
import type { Recent } from './load/tally.ts';
import { leaderOf } from './watch/news.ts';
import type { Sight } from './watch/sight.ts';
import { Watch } from './watch/watch.ts';
import type { StageRecorder, StageSource } from './source.ts';
import * as view from './view.ts';

export interface StageOptions {
  lab: Lab;
  /** Path of vegeta. */
  program: string;
  /** Requests a second. */
  rate: number;
  recorder: StageRecorder;
  /** Told of every event, as it is seen. */
  onEvent?: (event: StageEvent) => void;
  start?: StartLoad;
}

/** The app under load: the load, the look at the lab, and the ledger of both. */
export class Stage implements StageSource {
  private readonly options: StageOptions;
  private readonly ledger = new Ledger();
  private readonly watch: Watch;
  private readonly load: Load;
  private readonly startedAt = Date.now();
  private recent: Recent = { p50Ms: 0, p99Ms: 0 };
  private seen: { sight: Sight; lab: Lab } | undefined;

  constructor(options: StageOptions) {
    this.options = options;
    const { lab, program, rate, start = startLoad } = options;
    this.load = start({ program, rate }, (news) => {
      this.takeLoad(news);
    });
    this.watch = new Watch({
      lab,
      onDoors: (doors) => {
        this.load.setDoors(doors);
      },
      onSight: (sight, seenLab) => {
        this.seen = { sight, lab: seenLab };
      },
      onNews: (news, seenAt) => {
        this.tell(this.ledger.takeNews(news, seenAt));
      },
    });
  }

  /** Resolves when the lab was looked at once. The load begins as soon as the app answers through some door. */
  start(): Promise<void> {
    return this.watch.start();
  }

  /** Ends load and looks; requests that are under way may end for so many seconds. */
  async stop(patienceSeconds: number): Promise<void> {
    try {
      // What happens meanwhile may explain what fails meanwhile.
      await this.load.stop(patienceSeconds);
    } finally {
      await this.watch.stop();
    }
  }

  view(): view.StageView {
    const now = Date.now();
    // Enough for all that is shown, so that a long run does not make it slow.
    const seconds = this.ledger.seconds.slice(-60);
    const last = view.judged(seconds, now).at(-1);
    const shares = view.sharesOf(view.lately(seconds, now));
    const { sight, lab } = this.seen ?? {};
    const doors = this.watch.doorkeeper.states();
    const doorOf = (machine: string) => doors.find((door) => door.machine === machine);
    const warning = view.warningOf(seconds, this.options.rate, now);
    const leader = sight && leaderOf(sight)?.name;
    const machines = (sight && lab?.layout.machines) ?? [];
    return {
      at: now,
      rate: this.options.rate,
      seconds: (now - this.startedAt) / 1000,
      perSecond: last?.answered ?? 0,
      failed: this.ledger.failed,
      failedLately: view.failedLately(seconds, now),
      ...this.recent,
      healthy: view.healthyNow(seconds, now),
      ...(warning === undefined ? {} : { warning }),
      ...(leader === undefined ? {} : { etcdLeader: leader }),
      machines: sight ? machines.map((each) => view.machineView(each, sight, doorOf(each.name), shares)) : [],
      waiting: sight
        ? view.podViews(
            sight.pods.filter(({ machine }) => machine === ''),
            shares,
          )
        : [],
    };
  }

  seconds(): readonly Second[] {
    return this.ledger.seconds;
  }

  events(): readonly view.ShownEvent[] {
    const failed = new Map(this.causes().map((cause) => [cause.event?.id, cause.failed]));
    return this.ledger.events.map((event) => ({ ...event, failed: failed.get(event.id) ?? 0 }));
  }

  causes(): readonly Cause[] {
    return this.ledger.causes();
  }

  /** Seconds in which the app was not healthy, and in which nobody could tell. */
  health(): ReturnType<Ledger['health']> {
    return this.ledger.health();
  }

  private takeLoad(news: LoadNews): void {
    switch (news.type) {
      case 'seconds':
        this.recent = news.recent;
        this.ledger.takeSeconds(news.seconds);
        for (const second of news.seconds) if (second.final) this.options.recorder.second(second);
        return;
      case 'trouble': {
        const says = `The load generator ended, and is started again: ${news.says}`;
        this.tell(this.ledger.takeNews([{ kind: 'generator', says }], Date.now()));
        return;
      }
      case 'stopped':
        return;
    }
  }

  private tell(events: readonly StageEvent[]): void {
    for (const event of events) {
      this.options.recorder.event(event);
      this.options.onEvent?.(event);
    }
  }
}
