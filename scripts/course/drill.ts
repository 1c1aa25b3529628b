import { wayBackFrom, type InjectedFault } from '../faults/fault.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { lateness, type Attempt } from './goal.ts';
import { Lease, LeaseExpired } from './lease.ts';
import type { DrillFacts, DrillStep, Page } from './model.ts';
import { startObserving, type Observing } from './observe.ts';
import { prepareStep } from './prepare.ts';
import { scoreBets, takeBets, type Bets } from './predictions.ts';
import { patienceOf, type LessonRun, type StepEnd } from './run.ts';
import type { CourseEvent } from './ui.ts';
import { untilReached } from './until-reached.ts';
import { watch } from './watch.ts';

/** Seconds that a state which should hold already is given to settle. */
const settleSeconds = 30;
/** How often an unattended run starts a void drill again. */
const unattendedRuns = 2;

/** Runs a drill: green, bets, the fault, red, the learner's mending, green again for some seconds. */
export async function runDrill(page: Page, step: DrillStep, run: LessonRun): Promise<StepEnd> {
  for (let times = 1; ; times += 1) {
    try {
      return await new Drill(page, step, run).run();
    } catch (error) {
      if (!(error instanceof LeaseExpired)) throw error;
      run.ui.emit({ type: 'drill-void', why: error.message });
      if (!run.ui.interactive && times >= unattendedRuns) return { kind: 'failed', why: error.message };
      const answer = await run.ui.next('Start the drill again?');
      if (answer === 'back' || answer === 'quit') return { kind: answer };
    }
  }
}

type Mended = Extract<Attempt, { kind: 'reached' }>;
type HowUndone = Pick<Extract<CourseEvent, { type: 'fault-undone' }>, 'by' | 'at'>;

const howMended = ({ how, metAt }: Mended): HowUndone =>
  how === 'skipped' ? { by: 'program' } : { by: 'learner', at: new Date(metAt).toISOString() };

class Drill {
  private readonly page: Page;
  private readonly step: DrillStep;
  private readonly lessonRun: LessonRun;

  constructor(page: Page, step: DrillStep, lessonRun: LessonRun) {
    this.page = page;
    this.step = step;
    this.lessonRun = lessonRun;
  }

  async run(): Promise<StepEnd> {
    const { lab, signal } = this.lessonRun;
    const dirty = await this.whatIsBroken();
    if (dirty !== undefined) return { kind: 'failed', why: dirty };
    const notGreen = await this.proveGreen();
    if (notGreen) return notGreen;
    const bets = await takeBets(this.step.predictions ?? [], this.page, this.lessonRun);
    signal.throwIfAborted();
    const observing = startObserving(this.step.observe, { lab, emit: this.emit });
    try {
      const injected = await this.inject();
      return typeof injected === 'string'
        ? { kind: 'failed', why: injected }
        : await this.whileBroken(injected, bets, observing);
    } finally {
      await observing.end();
    }
  }

  private readonly emit = (event: CourseEvent): void => {
    this.lessonRun.ui.emit(event);
  };

  /** What an earlier drill, or another process, has broken and not put back; undefined where there is nothing. */
  private async whatIsBroken(): Promise<string | undefined> {
    const open = await this.lessonRun.faults.open();
    if (open.length === 0) return undefined;
    const remedy = open.some(({ fault }) => wayBackFrom(fault) === 'reset') ? 'reset' : 'faults undo --all';
    const titles = open.map(({ fault }) => fault.title).join('; ');
    return `The drill was not started: something is broken already (${titles}). Run 'npx firedrill ${remedy}', and start the lesson again.`;
  }

  /** Why the drill cannot start, or undefined where the lab is as it must be. Offers to put the lab back. */
  private async proveGreen(): Promise<StepEnd | undefined> {
    const { ui, lab, lesson, signal } = this.lessonRun;
    for (;;) {
      const deadlineSeconds = ui.interactive ? settleSeconds : patienceOf(this.lessonRun);
      const seen = await watch(this.step.before, lab, { signal, emit: this.emit, deadlineSeconds });
      if (seen.kind === 'met') return undefined;
      const why = `The lab is not as this drill needs it: ${lateness(seen.sightings, deadlineSeconds)}`;
      if (!ui.interactive) return { kind: 'failed', why };
      this.emit({ type: 'note', text: why });
      const answer = await ui.next('Put the lab back to where this step begins first?');
      if (answer === 'back' || answer === 'quit') return { kind: answer };
      await prepareStep(this.lessonRun, lesson.pages.indexOf(this.page));
    }
  }

  /** The fault in force, or why it is not. */
  private async inject(): Promise<InjectedFault | string> {
    const { lab, faults, signal } = this.lessonRun;
    const fault = await this.step.fault(lab);
    try {
      const injected = await faults.inject(fault, { signal });
      this.emit({ type: 'fault-injected', title: fault.title, machine: fault.machine });
      return injected;
    } catch (error) {
      if (error instanceof FiredrillError && error.code === 'fault-does-not-bite') {
        return `The fault did not bite. ${error.message}`;
      }
      throw error;
    }
  }

  private async whileBroken(injected: InjectedFault, bets: Bets, observing: Observing): Promise<StepEnd> {
    const { lesson, lab, faults, signal } = this.lessonRun;
    const injectedAt = Date.now();
    const lease = new Lease(injected, faults);
    let mended = false;
    let byLease = false;
    try {
      const both = AbortSignal.any([signal, lease.expired]);
      const bitten = await this.proveRed(injectedAt, both);
      if (typeof bitten === 'string') return { kind: 'failed', why: bitten };
      const attempt = await this.letMend(both);
      if (attempt.kind !== 'reached') return attempt;
      await lease.proveHeld();
      await lease.stop();
      // Closes the journal; where the learner mended it by hand there is nothing left to undo.
      await this.putBack(injected, howMended(attempt));
      mended = true;
      const harm = await this.proveUnharmed(attempt);
      if (harm !== undefined) return { kind: 'failed', why: harm };
      const facts: DrillFacts = {
        startedAt: injectedAt,
        bittenAt: bitten,
        metAt: attempt.metAt,
        observed: await observing.end(),
      };
      await scoreBets(this.step.predictions ?? [], bets, facts, lab, this.emit);
      const seconds = (attempt.metAt - injectedAt) / 1000;
      this.emit({ type: 'step-reached', lesson, page: this.page, how: attempt.how, seconds });
      return { kind: 'reached' };
    } catch (error) {
      byLease = error instanceof LeaseExpired;
      throw error;
    } finally {
      await lease.stop();
      if (!mended) await this.putBack(injected, { by: byLease ? 'lease' : 'program' });
    }
  }

  /** When all consequences were first seen, or why the fault did not bite. */
  private async proveRed(injectedAt: number, signal: AbortSignal): Promise<number | string> {
    const deadlineSeconds = patienceOf(this.lessonRun);
    const seen = await watch(this.step.bites, this.lessonRun.lab, { signal, emit: this.emit, deadlineSeconds });
    if (seen.kind === 'late') return `The fault did not bite: ${lateness(seen.sightings, deadlineSeconds)}`;
    const seconds = (seen.metAt - injectedAt) / 1000;
    this.emit({ type: 'fault-bites', seconds, verdicts: seen.sightings });
    return seen.metAt;
  }

  private letMend(signal: AbortSignal): Promise<Attempt> {
    const holdSeconds = this.step.holdSeconds ?? 3;
    const goal = { page: this.page, checks: this.step.recovered, holdSeconds, mayHoldAlready: false };
    return untilReached(goal, this.lessonRun, signal);
  }

  /** What was lost on the way, or undefined. After a skip it also waits until the lab has recovered. */
  private async proveUnharmed(attempt: Mended): Promise<string | undefined> {
    const { ui, lab, signal } = this.lessonRun;
    const checks = [...(attempt.how === 'skipped' ? this.step.recovered : []), ...(this.step.unharmed ?? [])];
    if (checks.length === 0) return undefined;
    const deadlineSeconds = ui.interactive ? settleSeconds : patienceOf(this.lessonRun);
    const seen = await watch(checks, lab, { signal, emit: this.emit, deadlineSeconds });
    for (const sighting of seen.sightings) this.emit({ type: 'check', ...sighting });
    if (seen.kind === 'met') return undefined;
    return `It was mended, but something was lost on the way: ${lateness(seen.sightings, deadlineSeconds)}`;
  }

  /** Undoes the fault whatever happened before: on Ctrl-C too. */
  private async putBack(injected: InjectedFault, how: HowUndone): Promise<void> {
    const { title, machine } = injected.fault;
    try {
      await this.lessonRun.faults.undo(injected);
      this.emit({ type: 'fault-undone', title, machine, ...how });
    } catch (error) {
      const remedy = "Run 'npx firedrill faults undo --all'; its lease undoes it too.";
      this.emit({ type: 'note', text: `The fault could not be undone now: ${messageOf(error)} ${remedy}` });
    }
  }
}
