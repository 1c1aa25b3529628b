import type { LoadedLesson } from './model.ts';
import { writeProgress, type LessonProgress, type Progress, type StepProgress } from './progress.ts';
import type { CourseEvent } from './ui.ts';

/** What happened in a lesson, as progress: a pure function of the events and the time. */
export class ProgressKeeper {
  readonly progress: Progress;
  private readonly path: string | undefined;
  private lesson: LessonProgress | undefined;
  private step: StepProgress | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(progress: Progress, path?: string) {
    this.progress = progress;
    this.path = path;
  }

  take(event: CourseEvent): void {
    if (!this.note(event)) return;
    // One write after the other; the last one holds everything. A failed one is reported by `written`.
    this.writing = this.writing.then(() => writeProgress(this.progress, this.path));
    this.writing.catch(() => undefined);
  }

  /** Resolves when all is on disk. @throws what writing the file throws. */
  written(): Promise<void> {
    return this.writing;
  }

  private note(event: CourseEvent): boolean {
    switch (event.type) {
      case 'step-opened':
        this.open(event.lesson, event.page.heading);
        return true;
      case 'hint':
        if (this.step) this.step.hints = Math.max(this.step.hints ?? 0, event.tier);
        return true;
      case 'prediction-scored': {
        const { question, said, measured, right } = event;
        const bets = (this.step?.bets ?? []).filter((bet) => bet.question !== question);
        if (this.step)
          this.step.bets = [...bets, { question, said, measured, ...(right === undefined ? {} : { right }) }];
        return true;
      }
      case 'step-reached':
        if (!this.step) return false;
        Object.assign(this.step, { how: event.how, at: new Date().toISOString(), seconds: event.seconds });
        this.moveOn(event.lesson, event.page.heading);
        return true;
      case 'lesson-finished':
        if (!this.lesson) return false;
        this.lesson.finishedAt = new Date().toISOString();
        delete this.lesson.current;
        return true;
      default:
        return false;
    }
  }

  private open(lesson: LoadedLesson, heading: string): void {
    this.progress.lesson = lesson.id;
    this.lesson = this.progress.lessons[lesson.id] ??= { steps: {} };
    this.lesson.current = heading;
    this.step = this.lesson.steps[heading] ??= {};
  }

  /** A step that was reached is not opened again: whoever quits at "Go on?" resumes at the next one. */
  private moveOn(lesson: LoadedLesson, heading: string): void {
    const at = lesson.pages.findIndex((page) => page.heading === heading);
    const next = lesson.pages[at + 1];
    if (this.lesson && next) this.lesson.current = next.heading;
  }
}
