import type { Verdict } from '../checks/verdict.ts';
import type { Answer, LoadedLesson, Page, PageCommand, Prediction } from './model.ts';

/** Everything that happens in a lesson. The engine emits; a Ui shows; the event log keeps. */
export type CourseEvent =
  /** `fromStep` and `number` count from 1. */
  | { type: 'lesson-started'; lesson: LoadedLesson; fromStep: number }
  | { type: 'preparing'; what: string }
  | { type: 'prepared'; what: string; seconds: number }
  | { type: 'step-opened'; lesson: LoadedLesson; page: Page; number: number; of: number }
  | { type: 'awaiting'; claim: string; verdict: Verdict }
  | { type: 'check'; claim: string; verdict: Verdict }
  | { type: 'command-started'; command: PageCommand }
  | { type: 'command-output'; line: string }
  | { type: 'command-ended'; command: PageCommand; exitCode: number; seconds: number }
  /** Typed in the lab's shell, where the learner wants that recorded. `at` is when it began; secrets are masked. */
  | { type: 'learner-command'; at: string; command: string; exitCode: number }
  | { type: 'fault-injected'; title: string; machine: string }
  | { type: 'fault-bites'; seconds: number; verdicts: readonly { claim: string; verdict: Verdict }[] }
  /** `learner`: mended by hand, or by the page's commands. `at`: since when it is, ISO 8601, where it was seen later. */
  | { type: 'fault-undone'; title: string; machine: string; by: 'learner' | 'program' | 'lease'; at?: string }
  | { type: 'drill-void'; why: string }
  /** A bet that somebody made, by the id of its prediction. It stands until the step has ended. */
  | { type: 'bet'; id: string; said: string }
  | {
      type: 'prediction-scored';
      question: string;
      said: string;
      measured: string;
      saw: string;
      right: boolean | undefined;
      /** What the page says instead, where something else was measured. */
      unexpected?: string;
      /** Why this computer may be the cause of what was measured, and not the lesson. */
      doubt?: string;
    }
  | { type: 'answers'; answers: readonly Answer[]; how: 'self' | 'run-for-me' | 'skipped' }
  | { type: 'hint'; tier: number; text: string }
  | {
      type: 'step-reached';
      lesson: LoadedLesson;
      page: Page;
      how: 'self' | 'run-for-me' | 'skipped' | 'read';
      seconds: number;
    }
  | { type: 'collapsed'; claim: string; verdict: Verdict }
  /** A drill was reached, and what was mended in it does not hold any more. At most once for each time it is reached. */
  | { type: 'tick-turned-amber'; lesson: LoadedLesson; page: Page; claim: string; verdict: Verdict }
  | { type: 'step-failed'; page: Page; why: string }
  /** `seconds`: of the steps since `fromStep`, counted from 1. */
  | { type: 'lesson-finished'; lesson: LoadedLesson; fromStep: number; seconds: number }
  | { type: 'note'; text: string };

/** What a learner can do in an open task. */
export type TaskKey = 'run' | 'shell' | 'hint' | 'skip' | 'back' | 'quit';

export interface Ui {
  emit(event: CourseEvent): void;
  /**
   * After a page to read, or a step that was reached. A page to read that has commands offers `keys` too: run them, or
   * open the shell; a Ui may leave them out.
   */
  next(question: string, keys?: readonly ('run' | 'shell')[]): Promise<'next' | 'back' | 'quit' | 'run' | 'shell'>;
  predict(prediction: Prediction): Promise<string>;
  /** Resolves with the key pressed; rejects with the signal's reason when `signal` aborts (the checks were met). */
  taskKey(signal: AbortSignal): Promise<TaskKey>;
  /**
   * Called before each command of a page: it runs where this says `run`; `stop` leaves it and those after it alone. A
   * presenter's Ui types it out first. Without it, commands run at once.
   */
  beforeCommand?(command: PageCommand, signal: AbortSignal): Promise<'run' | 'stop'>;
  /** Opens the lab's shell in the terminal and returns when it was left. */
  shell(environment: Record<string, string>): Promise<void>;
  /** False where nobody can be asked: then the runner runs the commands itself. */
  readonly interactive: boolean;
}
