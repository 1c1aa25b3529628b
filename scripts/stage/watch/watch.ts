import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../../lab/lab.ts';
import { openLab, renderedPath } from '../../lab/open.ts';
import { Doorkeeper } from '../doorkeeper.ts';
import type { Door } from '../door.ts';
import type { News } from '../event.ts';
import { FaultWatch } from './fault-news.ts';
import { lookAtStage } from './look.ts';
import { newsBetween } from './news.ts';
import type { Sight } from './sight.ts';

/** Milliseconds between two looks. */
const everyMilliseconds = 500;

export interface WatchOptions {
  lab: Lab;
  onNews: (news: readonly News[], seenAt: number) => void;
  onSight: (sight: Sight, lab: Lab) => void;
  /** The doors are others than before. */
  onDoors: (doors: readonly Door[]) => void;
}

/** Looks at the lab twice a second, and tells what has changed. */
export class Watch {
  readonly doorkeeper = new Doorkeeper();
  private readonly options: WatchOptions;
  private readonly faults: FaultWatch;
  private readonly over = new AbortController();
  private lab: Lab;
  private rendered = '';
  private before: Sight | undefined;
  private looking: Promise<void> | undefined;

  constructor(options: WatchOptions) {
    this.options = options;
    this.lab = options.lab;
    this.faults = new FaultWatch(options.lab.folder);
  }

  /** Looks once, and then on and on until `stop`. What is there at the beginning is no news, but for open faults. */
  async start(): Promise<void> {
    await this.look();
    this.looking = this.goOn();
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.looking;
  }

  private async goOn(): Promise<void> {
    const { signal } = this.over;
    while (!signal.aborted) {
      const next = pause(everyMilliseconds, undefined, { signal }).catch(() => undefined);
      await this.look();
      await next;
    }
  }

  private async look(): Promise<void> {
    const { before } = this;
    // A file or an object that changes in this moment can be unreadable: the next look sees it.
    await this.readLayoutAnew().catch(() => undefined);
    const [sight, faultNews] = await Promise.all([
      lookAtStage(this.lab, before ?? { nodes: [], pods: [] }),
      this.faults.look().catch((): News[] => []),
    ]);
    this.before = sight;
    const doorNews = await this.doorkeeper.look(this.lab.machinesWithRole('worker'), sight);
    if (doorNews.length > 0) this.options.onDoors(this.doorkeeper.doors);
    this.options.onSight(sight, this.lab);
    const news = before ? [...faultNews, ...newsBetween(before, sight), ...doorNews] : faultNews;
    if (news.length > 0) this.options.onNews(news, sight.at);
  }

  /** Machines may join and leave while it runs: then the lab's file is another. */
  private async readLayoutAnew(): Promise<void> {
    const { mtimeMs } = await stat(renderedPath(this.lab.folder));
    const rendered = String(mtimeMs);
    if (this.rendered !== '' && rendered !== this.rendered) this.lab = await openLab(this.lab.layout.name);
    this.rendered = rendered;
  }
}
