import { FiredrillError } from '../system/errors.ts';
import type { PageCommands } from './commands.ts';
import { lateness, type Attempt, type Goal } from './goal.ts';
import { hintText } from './hints.ts';
import { firstNotMet, sleep, untilAborted, type Sighting } from './look.ts';
import { patienceOf, type LessonRun } from './run.ts';
import type { TaskKey } from './ui.ts';
import { watch, type Watched } from './watch.ts';

/** An open task: checks poll beside the keys, and whichever comes first ends it. */
export class OpenTask {
  private readonly over = new AbortController();
  private readonly left = new AbortController();
  private watched: Watched | undefined;
  private broke: unknown;
  private busy = false;
  private sawUnmet = false;
  private commandsRan = false;
  private startedAt = Date.now();
  private lastSeen: readonly Sighting[] = [];
  private tier = 0;
  private readonly goal: Goal;
  private readonly run: LessonRun;
  private readonly signal: AbortSignal;
  private readonly commands: PageCommands;

  constructor(goal: Goal, run: LessonRun, signal: AbortSignal, commands: PageCommands) {
    this.goal = goal;
    this.run = run;
    this.signal = signal;
    this.commands = commands;
  }

  async answerKeys(): Promise<Attempt> {
    const watching = this.startWatching();
    try {
      for (;;) {
        const key = await this.nextKey();
        if (key === undefined) return this.reached();
        if (key === 'back' || key === 'quit') return { kind: key };
        if (key === 'skip') return await this.skip(watching);
        await this.answer(key);
      }
    } finally {
      this.left.abort(new Error('the step was left'));
      await watching;
    }
  }

  private startWatching(): Promise<void> {
    return watch(this.goal.checks, this.run.lab, {
      signal: AbortSignal.any([this.signal, this.left.signal]),
      emit: (event) => {
        this.run.ui.emit(event);
      },
      busy: () => this.busy,
      holdSeconds: this.goal.holdSeconds,
      counts: () => !this.goal.mayHoldAlready || this.sawUnmet || this.commandsRan,
      onRound: (sightings) => {
        this.lastSeen = sightings;
        if (firstNotMet(sightings)) this.sawUnmet = true;
      },
    })
      .then(
        (watched) => {
          this.watched = watched;
        },
        (error: unknown) => {
          this.broke = error;
        },
      )
      .finally(() => {
        this.over.abort(new Error('the step is over'));
      });
  }

  /** The key pressed, or undefined when the checks were met first. */
  private async nextKey(): Promise<TaskKey | undefined> {
    this.signal.throwIfAborted();
    const ends = AbortSignal.any([this.signal, this.over.signal]);
    try {
      if (!ends.aborted) {
        const key = await untilAborted(this.run.ui.taskKey(ends), ends);
        if (!this.over.signal.aborted) return key;
      }
    } catch (error) {
      this.signal.throwIfAborted();
      if (!this.over.signal.aborted) throw error;
    }
    this.signal.throwIfAborted();
    if (this.watched === undefined) throw this.broke;
    return undefined;
  }

  private reached(): Attempt {
    const metAt = this.watched?.kind === 'met' ? this.watched.metAt : Date.now();
    for (const sighting of this.watched?.sightings ?? []) this.run.ui.emit({ type: 'check', ...sighting });
    const early = !this.sawUnmet && !this.commandsRan;
    return { kind: 'reached', how: this.commandsRan ? 'run-for-me' : 'self', startedAt: this.startedAt, metAt, early };
  }

  private async answer(key: 'run' | 'shell' | 'hint'): Promise<void> {
    if (key === 'hint') {
      this.tier += 1;
      this.run.ui.emit({ type: 'hint', tier: this.tier, text: hintText(this.goal.page, this.tier, this.lastSeen) });
      return;
    }
    this.busy = true;
    try {
      if (key === 'run') await this.runCommands();
      else await openShell(this.run);
    } finally {
      this.busy = false;
    }
  }

  private async runCommands(): Promise<void> {
    this.startedAt = Date.now();
    const why = await this.commands.runAll(this.signal);
    this.commandsRan = true;
    if (why !== undefined) this.run.ui.emit({ type: 'note', text: `It stopped there: ${why}.` });
  }

  private async skip(watching: Promise<void>): Promise<Attempt> {
    const patience = patienceOf(this.run);
    this.run.ui.emit({
      type: 'note',
      text: `Skipping: the commands of this step are run for you. What they bring about is waited for, at most ${Math.round(patience)} s.`,
    });
    await this.answer('run');
    const enough = new AbortController();
    await Promise.race([watching, sleep(patience, enough.signal).catch(() => undefined)]);
    enough.abort();
    this.signal.throwIfAborted();
    if (this.watched === undefined) {
      this.run.ui.emit({ type: 'note', text: `Skipped, but ${lateness(this.lastSeen, patience)}.` });
    }
    const metAt = this.watched?.kind === 'met' ? this.watched.metAt : Date.now();
    return { kind: 'reached', how: 'skipped', startedAt: this.startedAt, metAt };
  }
}

/** Opens the lab's shell for the learner; where there is no lab yet, says so. */
export async function openShell(run: LessonRun): Promise<void> {
  try {
    await run.ui.shell(run.lab.shellEnvironment());
  } catch (error) {
    if (!(error instanceof FiredrillError)) throw error;
    run.ui.emit({ type: 'note', text: `${error.message} ${error.remedy}` });
  }
}
