import { beforeAll, describe, expect, it } from 'vitest';
import { lessonNamed } from '../../scripts/commands/choose-lesson.ts';
import { PageCommands } from '../../scripts/course/commands.ts';
import { allMet, lookAtAll } from '../../scripts/course/look.ts';
import type { LoadedLesson, Page } from '../../scripts/course/model.ts';
import { writeProgress } from '../../scripts/course/progress.ts';
import { createFaults } from '../../scripts/faults/faults.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { comesTrue, waitUntil } from '../../scripts/system/wait.ts';
import { firedrill, testLab, type Ran } from '../support/program.ts';
import { labIsWell, ok, on, startLab } from '../support/test-lab.ts';

/** A mistake that somebody makes in a step, and what they are told. */
interface Route {
  name: string;
  lesson: number;
  step: string;
  /** Brings a lab that is at the lesson's start to the step. */
  begin: (lesson: LoadedLesson) => Promise<void>;
  /** @param solution the step's own commands */
  goWrong: (solution: string) => Promise<unknown>;
  /** What `check` says, and `hint`, as words with one space between them. */
  check: RegExp;
  hint: RegExp;
  /** Whether the reset has taken away what no baseline looks at. */
  isGone?: () => Promise<boolean>;
}

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
  // Each route but the last begins where the reset of the one before it has ended.
  await ok('reset', '--to', '6', '--yes');
});

function pageOf({ id, pages }: LoadedLesson, heading: string): Page {
  const page = pages.find((one) => one.heading === heading);
  if (!page) throw new Error(`${id} has no step '${heading}'`);
  return page;
}

const solutionOf = ({ commands }: Page): string =>
  commands
    .filter(({ solution }) => solution)
    .map(({ text }) => text)
    .join('\n');

/** Runs the commands of earlier steps, as their pages have them. */
const after =
  (...headings: readonly string[]) =>
  async (lesson: LoadedLesson): Promise<void> => {
    for (const heading of headings) {
      const said: string[] = [];
      const commands = new PageCommands(pageOf(lesson, heading), lab, (event) => {
        if (event.type === 'command-output') said.push(event.line);
      });
      const why = await commands.runAll(AbortSignal.timeout(120_000));
      await commands.end();
      expect(why, [heading, ...said].join('\n')).toBeUndefined();
    }
  };

/** Breaks what a drill breaks, as the program does that is open in the learner's other terminal, until it is seen. */
const inDrill =
  (heading: string) =>
  async ({ definition }: LoadedLesson): Promise<void> => {
    await definition.prepare?.(lab);
    const step = definition.steps[heading];
    if (step?.kind !== 'drill') throw new Error(`'${heading}' is no drill`);
    // Nobody renews it: it must outlast the check and the hint.
    await createFaults(lab).inject(await step.fault(lab), { leaseSeconds: 300 });
    const bitten = async () => allMet(await lookAtAll(step.bites, lab));
    await waitUntil(bitten, { what: `'${heading}' bites`, deadlineSeconds: 30 });
  };

/** Types it into the lab's shell. Where a line of it fails, the mistake would be another one. */
async function type(script: string): Promise<void> {
  const ran = await lab.onHost(`set -e\n${script}`, { timeoutSeconds: 150 });
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ exitCode: 0 });
}

/** The commands with a mistake in them. Throws where they don't say any more what is mistaken. */
function mistaken(commands: string, right: RegExp, wrong: string): string {
  const changed = commands.replace(right, () => wrong);
  if (changed === commands) throw new Error(`The page's commands have no ${String(right)}:\n${commands}`);
  return changed;
}

const toTheDisaster = after('Take a snapshot', 'Life goes on', 'Every disk is lost');

const routes: readonly Route[] = [
  {
    name: 'commands were run on the wrong machine: e2 instead of e1',
    lesson: 6,
    step: 'Prove that it is good',
    begin: after('Take a snapshot'),
    goWrong: (solution) => type(mistaken(solution, /\bssh e1\b/g, 'ssh e2')),
    check:
      /saw: nothing answers on port 12379 of e1, but something does on e2 wanted: a scratch member on e1, port 12379,/,
    hint: /Was it done on e2\? It belongs on e1: do the same there\./,
    isGone: async () => (await lab.on('e2', 'systemctl is-active --quiet etcd-scratch')).exitCode !== 0,
  },
  {
    name: 'one member only was restored',
    lesson: 6,
    step: 'Restore all three',
    begin: toTheDisaster,
    goWrong: async (solution) => {
      const alone = mistaken(solution, / e2=\S+ e3=\S+(?=; do)/, '');
      await type(mistaken(alone, /\nfor machine in e1 e2 e3[^]*/, ''));
      await on('e1', 'systemctl', 'start', '--no-block', 'etcd');
    },
    check: /saw: e1 is started, e2 and e3 have no data wanted: every etcd member has data on its disk, and is started/,
    hint: /Restore all members from the same file.* One alone waits for a majority for ever\./,
  },
  {
    name: 'all members were restored with the old token',
    lesson: 6,
    step: 'Restore all three',
    begin: toTheDisaster,
    goWrong: (solution) =>
      type(
        mistaken(
          solution,
          /^token=.*/m,
          'token=$(ssh e1 sed -n s/^ETCD_INITIAL_CLUSTER_TOKEN=//p /etc/etcd/cluster.env)\ntest -n "$token"',
        ),
      ),
    check: /saw: its ID is still \d+ wanted: etcd is a new cluster, not the one that the ConfigMap before-backup/,
    hint: /Restore all members again, with an --initial-cluster-token that was not used before, and twice the --bump-revision\./,
  },
  {
    name: 'the backup was deleted, after the disaster',
    lesson: 6,
    step: 'Restore all three',
    begin: toTheDisaster,
    goWrong: () => type('rm "$LAB/backup/first.db"'),
    check: /saw: there is no file \$LAB\/backup\/first\.db wanted: \$LAB\/backup\/first\.db is a snapshot of etcd/,
    hint: /Afterwards nothing brings them back: 'firedrill reset' begins the lesson anew\./,
  },
  {
    name: 'the wrong member was stopped: a healthy one, beside the one that lost its disk',
    lesson: 8,
    step: 'A disk is gone',
    begin: inDrill('A disk is gone'),
    goWrong: () => on('e3', 'systemctl', 'stop', 'etcd'),
    check: /saw: e3 does not answer wanted: the etcd members beside e2 answer/,
    hint: /Only e2 is to be replaced, and that takes a majority: 'ssh e3 systemctl start --no-block etcd' first\./,
  },
];

/** Somebody is at this step, and has had all hints that its page has: the next one is computed from what is seen. */
const openAt = ({ id }: LoadedLesson, { heading, hints }: Page): Promise<void> =>
  writeProgress({
    version: 1,
    lesson: id,
    lessons: { [id]: { current: heading, steps: { [heading]: { hints: hints.length } } } },
  });

/** Without the line breaks and indents that a terminal of 80 columns needs. */
const words = ({ stdout }: Ran): string => stdout.replace(/\s+/g, ' ');

/** What a command says as soon as it says what is wanted, or else at last: a look of a busy computer may come too late. */
async function saidIn(command: string, lesson: string, isWanted: (ran: Ran) => boolean): Promise<Ran> {
  let ran = await firedrill([command, lesson]);
  const look = async (): Promise<boolean> => isWanted(ran) || isWanted((ran = await firedrill([command, lesson])));
  await comesTrue(look, { what: `${command} tells`, deadlineSeconds: 60, everySeconds: 1 });
  return ran;
}

describe('the check says what it saw and wanted, the hint fits, and reset brings the lesson back, where', () => {
  it.each(routes)('$name', async (route) => {
    const number = String(route.lesson);
    const lesson = await lessonNamed(number, testLab.name);
    const page = pageOf(lesson, route.step);
    let checked: Ran;
    let hinted: Ran;
    let reset: Ran;
    try {
      await route.begin(lesson);
      await route.goWrong(solutionOf(page));
      await openAt(lesson, page);
      checked = await saidIn('check', number, (ran) => ran.exitCode === 1 && route.check.test(words(ran)));
      hinted = await saidIn('hint', number, (ran) => route.hint.test(words(ran)));
    } finally {
      // Whatever failed before: the next route begins with a lab that is well.
      reset = await firedrill(['reset', '--to', number, '--yes']);
    }
    expect(checked, checked.all).toMatchObject({ exitCode: 1 });
    expect(words(checked)).toContain(`: ${route.step} `);
    expect(words(checked)).toMatch(route.check);
    expect(hinted, hinted.all).toMatchObject({ exitCode: 0 });
    expect(words(hinted)).toMatch(route.hint);
    expect(reset, reset.all).toMatchObject({ exitCode: 0 });
    expect(reset.stdout).toContain(`Lesson ${number} can start: its baseline was proven`);
    expect(await (route.isGone?.() ?? true)).toBe(true);
    expect(await ok('faults', 'list')).toContain('Nothing is broken on purpose');
    await labIsWell();
  });
});
