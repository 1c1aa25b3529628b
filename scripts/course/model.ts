import type { Check } from '../checks/verdict.ts';
import type { Fault } from '../faults/fault.ts';
import type { Lab } from '../lab/lab.ts';
import type { Kept } from '../lab/repair/leftovers.ts';

/** A question answered before something happens, scored against what was then measured. */
export type Prediction =
  | {
      kind: 'choice';
      id: string;
      question: string;
      choices: readonly { value: string; says: string }[];
      /** Values of which the page says that one comes true, on any computer. For authors: learners may measure others. */
      expected?: readonly string[];
      /**
       * The value of the choice that came true on this lab, and what was seen. `doubt`: why this computer may be the cause
       * of it and not the lesson, as part of a sentence. Only where that was measured, and what is bad is more than `expected`.
       */
      measure(lab: Lab, drill: DrillFacts): Promise<{ value: string; saw: string; doubt?: string }>;
    }
  | {
      kind: 'seconds';
      id: string;
      question: string;
      /** Seconds between which the page says that it lies, on any computer. Most times depend on the computer: leave it out. */
      expected?: { from: number; to: number };
      /** Seconds measured, with the error of the measurement in seconds. */
      measure(lab: Lab, drill: DrillFacts): Promise<{ seconds: number; errorSeconds: number; saw: string }>;
    };

/** What the runner knows of the step that was just run. Times are milliseconds since the epoch. */
export interface DrillFacts {
  /** When the fault was in force (drill), or the step's commands were started (task). */
  startedAt: number;
  /** When the checks of the step were first met after that. */
  metAt: number;
  /** When the fault's consequences (`bites`) were first all seen. Drills only. */
  bittenAt?: number;
  /** Whatever `observe` of the step returned. */
  observed: unknown;
}

/** A question of a page, and what somebody answered in their own words. */
export interface Answer {
  question: string;
  answer: string;
}

export interface ReadStep {
  kind: 'read';
}

/** Reach a state by any route; the step's commands are one of them. */
export interface TaskStep {
  kind: 'task';
  /** At least one. All must be met at once. */
  reach: readonly [Check, ...Check[]];
  predictions?: readonly Prediction[];
  /** Measured before the learner is asked to begin; nothing goes on meanwhile. Its result goes to `observe`. */
  observeFirst?: { says: string; look: (lab: Lab, signal: AbortSignal) => Promise<unknown> };
  /** Runs beside the learner from the moment the task opens until it is met; its result goes to `measure`. */
  observe?: (lab: Lab, signal: AbortSignal, first: unknown) => Promise<unknown>;
  /** Its commands break the lab or mend it: the probes run beside it, and `report` tells of it as of a drill. */
  records?: true;
  /** What somebody wrote in this step. Read when it is reached, kept with the run, and shown in its report. */
  answers?: (lab: Lab) => Promise<readonly Answer[]>;
  /** The checks that must be unmet before the learner begins. Default: at least one of `reach`. */
  startsUnmet?: boolean;
}

/** Green, red, green: break something, see that it bites, let the learner mend it. */
export interface DrillStep {
  kind: 'drill';
  /** Green: what must hold before. */
  before: readonly [Check, ...Check[]];
  predictions?: readonly Prediction[];
  fault: (lab: Lab) => Promise<Fault> | Fault;
  /** Red: what the fault must cause before the learner is asked to mend it. */
  bites: readonly [Check, ...Check[]];
  observe?: (lab: Lab, signal: AbortSignal) => Promise<unknown>;
  /** Green: what must hold for `holdSeconds` before it counts, and still while the learner reads on. */
  recovered: readonly [Check, ...Check[]];
  /** What must not have been lost on the way, nor be lost while the learner reads on. */
  unharmed?: readonly Check[];
  /** Seconds that `recovered` must hold. Default 3. */
  holdSeconds?: number;
}

export type Step = ReadStep | TaskStep | DrillStep;

/** Whether the probes run beside a step. */
export const isRecorded = (step: Step | undefined): boolean =>
  step?.kind === 'drill' || (step?.kind === 'task' && step.records === true);

export const read: ReadStep = { kind: 'read' };
export const task = (step: Omit<TaskStep, 'kind'>): TaskStep => ({ kind: 'task', ...step });
export const drill = (step: Omit<DrillStep, 'kind'>): DrillStep => ({ kind: 'drill', ...step });

/** What a lesson's `prepare` makes, found as it was made: it may stay where it is. */
export interface KeptApp extends Kept {
  /** That it is up. It may only be starting. */
  proof: readonly Check[];
}

/** A `reset` cleans up after all lessons with the same options: what they share is then removed once. */
export interface AppOptions {
  /**
   * The app is as it was made, and stays. Default: it may be missing, or different. A clean-up removes it, where the lesson
   * made it, and a preparation makes it.
   */
  keepsApp?: boolean;
  /**
   * Takes what a clean-up has to do in an app that is kept and may only be starting: whoever gives this awaits it before
   * anything is proven, and prepares the lab meanwhile. Default: the clean-up itself waits.
   */
  later?: (work: Promise<void>) => void;
}

/** The default export of a `lesson.ts`. */
export interface Lesson {
  /** Minutes that a learner needs. */
  minutes: number;
  /** One line for menus. */
  summary: string;
  /** Lab that the lesson needs before it starts; `none` where it boots the lab itself or needs none. */
  needs: 'none' | 'lab';
  /** What must hold before the first step. */
  baseline: readonly Check[];
  /** Brings a healthy lab to the baseline: apply the app, label nodes. Safe to run twice. */
  prepare?: (lab: Lab, options?: AppOptions) => Promise<void>;
  /** What of `prepare` is there already, so that making it anew would change nothing; undefined where that is not so. */
  keeps?: (lab: Lab) => Promise<KeptApp | undefined>;
  /** Removes what the lesson's steps left on the lab. Safe to run twice. */
  cleanUp?: (lab: Lab, options?: AppOptions) => Promise<void>;
  /** By the step's `##` heading in README.md, in the page's order. */
  steps: Readonly<Record<string, Step>>;
}

export const defineLesson = (lesson: Lesson): Lesson => lesson;

/** A fenced ```sh block of a step. */
export interface PageCommand {
  text: string;
  /** Machine that runs it (`on=w1`), or the host. */
  on: string | undefined;
  /** Hidden until the last hint or "run it for me". */
  solution: boolean;
  /** Runs until the step ends. */
  background: boolean;
  /** A non-zero exit code is expected. */
  fails: boolean;
  /** Shown and never run. */
  show: boolean;
  line: number;
}

/** A `##` section of a lesson's README.md. */
export interface Page {
  heading: string;
  /** Markdown without solutions and hints. */
  text: string;
  commands: readonly PageCommand[];
  /** Markdown of the step's `### Hint` sections, in order: observe, direct, near. */
  hints: readonly string[];
  /** Markdown of `### Debrief`, shown when the step is reached. */
  debrief: string | undefined;
  line: number;
}

export interface LoadedLesson {
  number: number;
  /** Folder name, `03-understand-the-network`. */
  id: string;
  folder: string;
  /** Without the number that the page's title begins with: it has a place of its own wherever it is shown. */
  title: string;
  /** Markdown between the title and the first `##`. */
  introduction: string;
  pages: readonly Page[];
  definition: Lesson;
}
