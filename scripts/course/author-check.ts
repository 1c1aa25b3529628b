import { messageOf } from '../system/errors.ts';
import { differences, fingerprintOf, type Fingerprint } from './fingerprint.ts';
import { lintLesson } from './lint.ts';
import { withListeners } from './listen.ts';
import { lookAtAll, said, sleep, summaryOf, type Sighting } from './look.ts';
import type { Page, TaskStep } from './model.ts';
import { leaveOtherLesson, prepareLesson } from './prepare.ts';
import { patienceOf, type LessonRun } from './run.ts';
import { runStep } from './runner.ts';
import type { CourseEvent, Ui } from './ui.ts';
import { waitForSame } from './settle.ts';

/** One thing that was proved of a lesson, or not. */
export interface Proof {
  lesson: string;
  /** What was to be proved, as a sentence. */
  claim: string;
  outcome: 'proved' | 'disproved' | 'unknown';
  /** What stood against it. */
  why?: string;
  /** Why the computer, and not the lesson, may be what stood against it. Its step was reached nevertheless. */
  doubt?: string;
  seconds: number;
}

/** 0: all were proved. 1: one was disproved. 3: none was, and of one nobody can tell. */
export function exitCodeOf(proofs: readonly Pick<Proof, 'outcome'>[]): 0 | 1 | 3 {
  if (proofs.some(({ outcome }) => outcome === 'disproved')) return 1;
  return proofs.some(({ outcome }) => outcome === 'unknown') ? 3 : 0;
}

/** Seconds that the lab is given to look as before, once the lesson has cleaned up. */
const cleanSeconds = 30;

/**
 * Proves a lesson on the real lab: linted, its baseline holds, no task is solved before its commands, which reach it,
 * drills bite and are mended, bets can be measured and come out as the page says, and nothing is left behind. `run.ui` must not be interactive.
 * @throws Interrupted.
 */
export async function checkLesson(run: LessonRun, onProof: (proof: Proof) => void): Promise<readonly Proof[]> {
  return new AuthorCheck(run, onProof).all();
}

/** A bet that came out otherwise than the page says, maybe because of the computer. */
class Doubted extends Error {
  readonly doubt: string;

  constructor(message: string, doubt: string) {
    super(`${message} Not to be trusted: ${doubt}.`);
    this.doubt = doubt;
  }
}

/** A proof that could not be had: nothing after it in the same lesson would mean anything. */
class Disproved extends Error {
  readonly outcome: 'disproved' | 'unknown';

  constructor(message: string, outcome: 'disproved' | 'unknown' = 'disproved') {
    super(message);
    this.outcome = outcome;
  }
}

class AuthorCheck {
  private readonly run: LessonRun;
  private readonly onProof: (proof: Proof) => void;
  private readonly proofs: Proof[] = [];

  constructor(run: LessonRun, onProof: (proof: Proof) => void) {
    this.run = run;
    this.onProof = onProof;
  }

  async all(): Promise<readonly Proof[]> {
    const { lesson, lab } = this.run;
    await this.prove('its files are as a lesson should be', async () => {
      const [first] = await lintLesson(lesson.folder);
      if (first) throw new Disproved(`${first.file}:${first.line}: ${first.message}`);
    });
    // What an earlier run left behind must not hide what this one leaves.
    await leaveOtherLesson(this.run);
    let before: Fingerprint = [];
    await this.prove('the lab can be looked at', async () => {
      await this.putBackWhatIsBroken();
      await lesson.definition.cleanUp?.(lab);
      before = await fingerprintOf(lab);
    });
    let prepared: Fingerprint = before;
    const starts = await this.prove('its baseline holds after preparing', async () => {
      await prepareLesson(this.run);
      prepared = await fingerprintOf(lab);
    });
    if (starts) await this.allSteps();
    await this.prove('it leaves nothing behind', () => this.provesClean(before, prepared));
    return this.proofs;
  }

  /** A program that was killed leaves a fault behind: it would be taken for the lesson's own failure. */
  private async putBackWhatIsBroken(): Promise<void> {
    for (const { error } of await this.run.faults.undoAll()) if (error) throw error;
  }

  private async allSteps(): Promise<void> {
    const { lesson } = this.run;
    for (const [index, page] of lesson.pages.entries()) {
      const step = lesson.definition.steps[page.heading];
      const name = `step ${index + 1}, ${page.heading}`;
      if (step?.kind === 'task') {
        await this.prove(`${name}: not reached before anything is done`, () => this.provesUnsolved(step));
      }
      const what = { task: 'its commands reach it', drill: 'green, red, and green again', read: 'its commands work' };
      const works = await this.prove(`${name}: ${what[step?.kind ?? 'read']}`, () => this.provesStep(page, index));
      if (!works) return;
    }
  }

  private async provesUnsolved(step: TaskStep): Promise<void> {
    const { lab, signal } = this.run;
    let sightings = await lookAtAll(step.reach, lab, signal);
    // A computer that is busy may be asked too early.
    const lastAt = Date.now() + patienceOf(this.run) * 1000;
    while (summaryOf(sightings) === 'unknown' && Date.now() < lastAt) {
      await sleep(1, signal);
      sightings = await lookAtAll(step.reach, lab, signal);
    }
    const kinds = summaryOf(sightings);
    const unsure = sightings.find(({ verdict }) => verdict.kind === 'unknown');
    // Where one claim is known not to hold, the step is unsolved: after a disaster nobody can tell the others.
    if (unsure && kinds === 'unknown') throw new Disproved(described(unsure), 'unknown');
    if (kinds === 'met' && step.startsUnmet !== false) throw new Disproved(sightings.map(described).join('; '));
  }

  private async provesStep(page: Page, index: number): Promise<void> {
    const { lesson } = this.run;
    const heard: CourseEvent[] = [];
    const ui: Ui = withListeners(this.run.ui, [(event) => heard.push(event)]);
    ui.emit({ type: 'step-opened', lesson, page, number: index + 1, of: lesson.pages.length });
    const end = await runStep(page, { ...this.run, ui });
    if (end.kind === 'failed') throw new Disproved([end.why, ...lastWords(heard)].join('\n'));
    if (end.kind !== 'reached') throw new Disproved(`it ended with '${end.kind}'`);
    const step = lesson.definition.steps[page.heading];
    const bets = step?.kind === 'task' || step?.kind === 'drill' ? (step.predictions ?? []) : [];
    const scores = heard.filter((event) => event.type === 'prediction-scored');
    const others = scores.filter(({ unexpected }) => unexpected !== undefined);
    const otherwise = others.map(
      ({ question, measured, saw, unexpected = '' }) =>
        `${question} Measured: ${measured} (${saw}). The page says: ${unexpected}.`,
    );
    const notes = heard.flatMap((event) => (event.type === 'note' ? [event.text] : []));
    const missing =
      scores.length === bets.length ? [] : [`${scores.length} of ${bets.length} bets were measured.`, ...notes];
    const why = [...missing, ...otherwise].join(' ');
    const doubts = others.flatMap(({ doubt }) => doubt ?? []);
    // One that nobody doubts is enough.
    if (missing.length > 0 || doubts.length < others.length) throw new Disproved(why);
    if (doubts.length > 0) throw new Doubted(why, [...new Set(doubts)].join('; '));
  }

  private async provesClean(before: Fingerprint, prepared: Fingerprint): Promise<void> {
    const { lesson, lab, signal } = this.run;
    await lesson.definition.cleanUp?.(lab);
    const look = async (): Promise<string[]> => differences(before, prepared, await fingerprintOf(lab));
    const left = await waitForSame(look, cleanSeconds, signal);
    if (left.length > 0) throw new Disproved(left.join('; '));
  }

  /** Whether it was proved, or only doubted: then what follows means something. */
  private async prove(claim: string, work: () => Promise<void>): Promise<boolean> {
    const { lesson, signal } = this.run;
    const startedAt = Date.now();
    const seconds = (): number => (Date.now() - startedAt) / 1000;
    const tell = (proof: Proof): void => {
      this.proofs.push(proof);
      this.onProof(proof);
    };
    try {
      signal.throwIfAborted();
      await work();
      tell({ lesson: lesson.id, claim, outcome: 'proved', seconds: seconds() });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const outcome = error instanceof Disproved ? error.outcome : 'unknown';
      const doubt = error instanceof Doubted ? { doubt: error.doubt } : {};
      tell({ lesson: lesson.id, claim, outcome, why: messageOf(error), ...doubt, seconds: seconds() });
      return error instanceof Doubted;
    }
  }
}

const described = ({ claim, verdict }: Sighting): string => `${claim}: ${said(verdict)}`;

/** The last lines that the commands of a page said, for the one who wonders why one of them failed. */
function lastWords(heard: readonly CourseEvent[]): string[] {
  const lines = heard.flatMap((event) => (event.type === 'command-output' ? [event.line] : []));
  return lines.slice(-5).map((line) => `  | ${line}`);
}
