import { met, unknown, unmet, type Check, type Verdict } from '../../scripts/checks/verdict.ts';
import type { DrillStep, Lesson, LoadedLesson, Page, PageCommand, Step } from '../../scripts/course/model.ts';
import type { DrillFaults, LessonRun, UndoneFault } from '../../scripts/course/run.ts';
import type { CourseEvent, TaskKey, Ui } from '../../scripts/course/ui.ts';
import type { Fault, InjectedFault } from '../../scripts/faults/fault.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import type { CommandResult } from '../../scripts/system/run.ts';

/** What a test's lab is: names that hold. Commands change it: `set x`, `unset x`, `fail`; `say x` says it. */
export class World {
  readonly holds = new Set<string>();
  readonly ran: string[] = [];
  readonly ended: string[] = [];

  readonly lab = {
    shellEnvironment: () => ({ LAB: 'fake' }),
    onHost: (command: string, options?: { signal?: AbortSignal; onLine?: (line: string) => void }) => {
      if (/say /.test(command)) options?.onLine?.(command.replace(/^[\s\S]*say /, ''));
      return this.obey(command, options?.signal);
    },
    on: (machine: string, command: string) => this.obey(`${machine}: ${command}`),
  } as unknown as Lab;

  private async obey(script: string, signal?: AbortSignal): Promise<CommandResult> {
    const command = script.replace('set -e\n', '');
    this.ran.push(command);
    const [verb, name = ''] = command.split(' ');
    if (verb === 'set') this.holds.add(name);
    if (verb === 'unset') this.holds.delete(name);
    if (verb === 'forever' && signal) {
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
      this.ended.push(command);
    }
    return Promise.resolve({ stdout: '', stderr: '', exitCode: verb === 'fail' ? 1 : 0 });
  }

  check(name: string): Check {
    const look = (): Promise<Verdict> =>
      Promise.resolve(this.holds.has(name) ? met(`${name} holds`) : unmet(`no ${name}`, name, `Set ${name}.`));
    return { claim: name, look };
  }
}

export const fixed = (verdict: Verdict, claim: string = verdict.kind): Check => ({
  claim,
  look: () => Promise.resolve(verdict),
});
export const verdicts = { met: met('yes'), unmet: unmet('no', 'yes'), unknown: unknown('no answer') };

/** A person who does what the test says. `keys` and `answers` are given in order; then keys wait for ever. */
export class FakeUi implements Ui {
  interactive = true;
  readonly events: CourseEvent[] = [];
  readonly questions: string[] = [];
  keys: (TaskKey | (() => TaskKey | Promise<TaskKey>))[] = [];
  answers: ('next' | 'back' | 'quit' | 'run' | 'shell')[] = [];
  bet = 'a';
  onShell: () => Promise<void> = () => Promise.resolve();

  emit(event: CourseEvent): void {
    this.events.push(event);
  }
  next(question: string): Promise<'next' | 'back' | 'quit' | 'run' | 'shell'> {
    this.questions.push(question);
    return Promise.resolve(this.answers.shift() ?? 'next');
  }
  predict(): Promise<string> {
    return Promise.resolve(this.bet);
  }
  async taskKey(signal: AbortSignal): Promise<TaskKey> {
    const key = this.keys.shift();
    if (key !== undefined) return typeof key === 'string' ? key : key();
    const { promise, reject } = Promise.withResolvers<TaskKey>();
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
    return promise;
  }
  shell(): Promise<void> {
    return this.onShell();
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
  of<Type extends CourseEvent['type']>(type: Type): Extract<CourseEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<CourseEvent, { type: Type }> => event.type === type);
  }
}

export class FakeFaults implements DrillFaults {
  readonly world: World;
  renewals: ('held' | 'expired' | Error)[] = [];
  undone = 0;
  injected = 0;
  renewed = 0;
  /** What the fault breaks. */
  breaks = 'route';
  leaseSeconds = 120;

  constructor(world: World) {
    this.world = world;
  }
  inject(fault: Fault): Promise<InjectedFault> {
    this.injected += 1;
    this.world.holds.delete(this.breaks);
    const { leaseSeconds } = this;
    return Promise.resolve({ id: 'f1', fault, lab: 'fake', injectedAt: '', leaseSeconds });
  }
  renew(): Promise<'held' | 'expired'> {
    this.renewed += 1;
    const answer = this.renewals.shift() ?? 'held';
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
  /** What the journal holds from before. */
  dirty: UndoneFault[] = [];
  open(): Promise<readonly InjectedFault[]> {
    return Promise.resolve(this.dirty.map(({ injected }) => injected));
  }
  undoAll(): Promise<readonly UndoneFault[]> {
    return Promise.resolve(this.dirty);
  }
  undo(): Promise<void> {
    this.undone += 1;
    this.world.holds.add(this.breaks);
    return Promise.resolve();
  }
}

/** A fault that somebody injected before, in the journal. */
export const broken = (title: string, more: Partial<Fault> = { undo: ':' }): InjectedFault => ({
  id: 'f0',
  fault: { kind: 'fake', machine: 'w2', title, inject: '', proof: '', ...more },
  lab: 'fake',
  injectedAt: '',
  leaseSeconds: 120,
});

export const command = (text: string, options: Partial<PageCommand> = {}): PageCommand => ({
  text,
  on: undefined,
  solution: false,
  background: false,
  fails: false,
  show: false,
  line: 1,
  ...options,
});

export const page = (heading: string, commands: readonly PageCommand[] = []): Page => ({
  heading,
  text: heading,
  commands,
  hints: ['observe', 'direct', 'near'],
  debrief: undefined,
  line: 1,
});

export function lessonOf(
  pages: readonly Page[],
  steps: Readonly<Record<string, Step>>,
  definition: Partial<Lesson> = {},
): LoadedLesson {
  return {
    number: 9,
    id: '09-fake',
    folder: '/nowhere/09-fake',
    title: 'Fake',
    introduction: '',
    pages,
    definition: { minutes: 5, summary: 'fake', needs: 'lab', baseline: [], steps, ...definition },
  };
}

export function runOf(lesson: LoadedLesson, world: World, ui: FakeUi, more: Partial<LessonRun> = {}): LessonRun {
  const signal = new AbortController().signal;
  return { lesson, ui, lab: world.lab, faults: new FakeFaults(world), signal, patienceSeconds: 20, ...more };
}

/** A drill on the world's `route`: green while it holds, red while it does not. */
export const routeDrill = (world: World, more: Partial<DrillStep> = {}): DrillStep => ({
  kind: 'drill',
  before: [world.check('route')],
  fault: () => ({ kind: 'fake', machine: 'w1', title: 'no route', inject: '', proof: '', undo: '' }),
  bites: [{ claim: 'no route', look: () => Promise.resolve(world.holds.has('route') ? verdicts.unmet : verdicts.met) }],
  recovered: [world.check('route')],
  ...more,
});
