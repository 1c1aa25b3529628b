import { messageOf } from '../system/errors.ts';
import type { LoadedLesson } from './model.ts';
import { changeProgress, type Progress, type StepProgress } from './progress.ts';
import type { CourseEvent } from './ui.ts';

export interface KeeperOptions {
  /** File of the progress; by default the learner's own. */
  path?: string | undefined;
  /** Told of a file that was damaged meanwhile, and of the first write that failed. */
  tell?: (message: string) => void;
}

/** What an event changes. May be applied twice: in memory, and to what is on disk. */
type Change = (progress: Progress) => void;

/** What happened in a lesson, as progress: in memory at once, on disk as soon as that can be written. */
export class ProgressKeeper {
  readonly progress: Progress;
  private readonly options: KeeperOptions;
  private open: { lesson: string; heading: string } | undefined;
  private unwritten: readonly Change[] = [];
  private writing: Promise<void> = Promise.resolve();
  private failure: unknown;

  constructor(progress: Progress, options: KeeperOptions = {}) {
    this.progress = progress;
    this.options = options;
  }

  take(event: CourseEvent): void {
    const change = this.changeOf(event);
    if (!change) return;
    change(this.progress);
    this.unwritten = [...this.unwritten, change];
    // One write after the other. What one fails to write, the next one does.
    this.writing = this.writing.then(() => this.write());
  }

  /** The bets of a step that has not ended yet, by the id of their prediction. */
  openBets({ id }: Pick<LoadedLesson, 'id'>, heading: string): Readonly<Record<string, string>> {
    return this.progress.lessons[id]?.steps[heading]?.openBets ?? {};
  }

  /** Resolves when all is on disk. @throws FiredrillError `progress-not-written`. */
  async written(): Promise<void> {
    await this.writing;
    await this.write();
    if (this.unwritten.length > 0) throw this.failure;
  }

  /** Another firedrill (`hint` in a second terminal) may have written since: only what happened here is changed. */
  private async write(): Promise<void> {
    const changes = this.unwritten;
    if (changes.length === 0) return;
    const tell = this.options.tell ?? (() => undefined);
    const options = { known: this.progress, onDamaged: tell, path: this.options.path };
    try {
      await changeProgress((kept) => {
        for (const change of changes) change(kept);
      }, options);
      this.unwritten = this.unwritten.slice(changes.length);
    } catch (error) {
      if (this.failure === undefined) tell(`${messageOf(error)} It is tried again with each step.`);
      this.failure = error;
    }
  }

  private changeOf(event: CourseEvent): Change | undefined {
    switch (event.type) {
      case 'lesson-started':
        return event.fromStep === 1 ? begunAnew(event.lesson) : undefined;
      case 'step-opened':
        this.open = { lesson: event.lesson.id, heading: event.page.heading };
        return opened(event.lesson, event.page.heading);
      case 'hint':
        return this.ofStep((step) => (step.hints = Math.max(step.hints ?? 0, event.tier)));
      case 'bet': {
        const { id, said } = event;
        return this.ofStep((step) => (step.openBets = { ...step.openBets, [id]: said }));
      }
      case 'prediction-scored': {
        const { question, said, measured, right } = event;
        const bet = { question, said, measured, ...(right === undefined ? {} : { right }) };
        return this.ofStep(
          (step) => (step.bets = [...(step.bets ?? []).filter((one) => one.question !== question), bet]),
        );
      }
      case 'step-reached': {
        const end = { how: event.how, at: new Date().toISOString(), seconds: event.seconds };
        const reached = this.ofStep((step) => {
          Object.assign(step, end);
          delete step.collapsedAt;
          delete step.openBets;
        });
        return reached && both(reached, movedOn(event.lesson, event.page.heading));
      }
      case 'step-failed':
        return this.ofStep((step) => delete step.openBets);
      case 'tick-turned-amber':
        // Another step may be open by now: it is the drill that is marked.
        return collapsed(event.lesson, event.page.heading, new Date().toISOString());
      case 'lesson-finished':
        return this.open && finished(event.lesson, new Date().toISOString());
      default:
        return undefined;
    }
  }

  /** A change of the step that is open, or undefined where none is. */
  private ofStep(change: (step: StepProgress) => unknown): Change | undefined {
    const { open } = this;
    return open && ((progress) => change((lessonIn(progress, open.lesson).steps[open.heading] ??= {})));
  }
}

const lessonIn = (progress: Progress, id: string) => (progress.lessons[id] ??= { steps: {} });

const both =
  (one: Change, other: Change): Change =>
  (progress) => {
    one(progress);
    other(progress);
  };

const opened =
  ({ id }: LoadedLesson, heading: string): Change =>
  (progress) => {
    progress.lesson = id;
    const lesson = lessonIn(progress, id);
    lesson.current = heading;
    lesson.steps[heading] ??= {};
  };

/** Whoever begins a lesson at its first step is asked again for what was bet on the later ones, some other time. */
function begunAnew({ id, pages }: LoadedLesson): Change {
  return (progress) => {
    const steps = progress.lessons[id]?.steps ?? {};
    for (const { heading } of pages.slice(1)) delete steps[heading]?.openBets;
  };
}

/** A step that was reached is not opened again: whoever quits at "Go on?" resumes at the next one. */
function movedOn({ id, pages }: LoadedLesson, heading: string): Change {
  const next = pages[pages.findIndex((page) => page.heading === heading) + 1];
  return (progress) => {
    if (next) lessonIn(progress, id).current = next.heading;
  };
}

const collapsed =
  ({ id }: LoadedLesson, heading: string, at: string): Change =>
  (progress) => {
    (lessonIn(progress, id).steps[heading] ??= {}).collapsedAt = at;
  };

const finished =
  ({ id }: LoadedLesson, at: string): Change =>
  (progress) => {
    const lesson = lessonIn(progress, id);
    lesson.finishedAt = at;
    delete lesson.current;
  };
