import { listed } from '../checks/looking.ts';
import { sleep } from '../course/look.ts';
import type { CourseEvent } from '../course/ui.ts';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';

/** Names of the lab's machines that do not run. @throws FiredrillError `docker-silent`, `command-missing`. */
export async function machinesOff({ layout }: Pick<Lab, 'layout'>, signal?: AbortSignal): Promise<string[]> {
  // What a virtual machine does, docker cannot tell.
  if (layout.provider !== 'docker' || layout.machines.length === 0) return [];
  const { thoseThatDoNotRun } = await import('../lab/docker.ts');
  return (await thoseThatDoNotRun(layout.name, layout.machines, signal)).map(({ name }) => name);
}

/** What a person is told of machines that do not run. */
export const offInWords = (names: readonly string[], where = ''): string =>
  names.length === 1
    ? `${listed(names)} does not run: 'npx firedrill lab up'${where} brings it back.`
    : `${listed(names)} do not run: 'npx firedrill lab up'${where} brings them back.`;

/** Seconds between two looks. A machine that is only switched off and on again is not lost. */
const betweenLooksSeconds = 5;

const makesOneLook: readonly CourseEvent['type'][] = ['awaiting', 'collapsed', 'tick-turned-amber', 'step-failed'];

/**
 * Tells where a machine is lost that ran when the lesson began, once a step waits for something, or fails. What does not run
 * in a drill is the learner's to find: that is left alone. A listener: the course does not know of it.
 */
export class LostMachines {
  private readonly ranAtFirst: readonly string[];
  private readonly tell: (text: string) => void;
  private readonly look: () => Promise<readonly string[]>;
  private readonly over = new AbortController();
  /** Lost, and told of. */
  private told: readonly string[] = [];
  private couldNotLook = false;
  private isDrill = false;
  private hasNews = false;
  private looking: Promise<void> | undefined;

  /**
   * @param machines names of those that run as the lesson begins
   * @param look names of those that do not run by now
   * @param tell takes a sentence for the learner
   */
  constructor(
    machines: readonly string[],
    { look, tell }: { look: () => Promise<readonly string[]>; tell: (text: string) => void },
  ) {
    this.ranAtFirst = machines;
    this.look = look;
    this.tell = tell;
  }

  take(event: CourseEvent): void {
    if (event.type === 'fault-injected') this.isDrill = true;
    if (event.type === 'fault-undone' || event.type === 'step-opened') this.isDrill = false;
    if (!makesOneLook.includes(event.type) || this.isDrill || this.ranAtFirst.length === 0) return;
    this.hasNews = true;
    this.looking ??= this.lookOn().finally(() => (this.looking = undefined));
  }

  /** Resolves when the last look is over. Never throws. */
  async end(): Promise<void> {
    this.over.abort();
    await this.looking;
  }

  private async lookOn(): Promise<void> {
    while (this.hasNews) {
      this.hasNews = false;
      try {
        await this.lookTwice();
      } catch (error) {
        if (error instanceof FiredrillError && !this.couldNotLook) this.tell(`${error.message} ${error.remedy}`);
        this.couldNotLook = true;
      }
    }
  }

  /** No longer than to the lesson's end. */
  private async pause(): Promise<void> {
    if (!this.over.signal.aborted) await sleep(betweenLooksSeconds, this.over.signal).catch(() => undefined);
  }

  private async lookTwice(): Promise<void> {
    const before = await this.look();
    await this.pause();
    const now = before.length === 0 ? [] : await this.look();
    // A drill may have begun meanwhile.
    if (this.isDrill) return;
    const lost = this.ranAtFirst.filter((name) => before.includes(name) && now.includes(name));
    const news = lost.filter((name) => !this.told.includes(name));
    this.told = lost;
    if (news.length > 0) this.tell(`${offInWords(news, ', in another terminal,')} What you have reached is kept.`);
  }
}
