import type { Command } from 'commander';
import type { Proof } from '../course/author-check.ts';
import type { LoadedLesson } from '../course/model.ts';
import { lessonNamed } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { labForLesson, runOn } from './lesson-lab.ts';

export function addAuthorCheckCommand(program: Command): void {
  program
    .command('author-check [lessons...]')
    .description('For authors: prove lessons on the real lab, all or those named.')
    .option('--commands', 'show every command and what it says, too')
    .action(async (names: string[], options: { commands?: boolean }, command: Command) => {
      await authorCheck(contextOf(command), names, options.commands ?? false);
    });
}

async function authorCheck(context: Context, names: readonly string[], showsCommands: boolean): Promise<void> {
  const [{ loadLessons }, { subnetOf }] = await Promise.all([import('../course/load.ts'), import('../lab/open.ts')]);
  const lessons =
    names.length === 0
      ? await loadLessons({ subnet: await subnetOf(context.lab) })
      : await Promise.all(names.map((name) => lessonNamed(name, context.lab)));
  const lab = await labForLesson(context, context.yes);
  const [{ checkLesson, exitCodeOf }, { createFaults }, { createPlainUi }] = await Promise.all([
    import('../course/author-check.ts'),
    import('../faults/faults.ts'),
    import('../ui/plain.ts'),
  ]);
  const faults = createFaults(lab);
  const heard = createPlainUi({ output: context.json ? process.stderr : process.stdout });
  const ui = showsCommands ? heard : { ...heard, emit: () => undefined };
  const proofs: Proof[] = [];
  for (const lesson of lessons) {
    const run = await runOn(context, { lesson, lab, ui, faults });
    proofs.push(
      ...(await checkLesson(run, (proof) => {
        tell(context, lesson, proof);
      })),
    );
  }
  process.exitCode = exitCodeOf(proofs);
  if (context.json) return;
  const open = proofs.filter(({ outcome }) => outcome !== 'proved').length;
  context.print(`${proofs.length - open} of ${proofs.length} proved.`);
}

const words = { proved: 'proved   ', disproved: 'DISPROVED', unknown: 'UNKNOWN  ' } as const;

function tell(context: Context, lesson: LoadedLesson, proof: Proof): void {
  if (context.json) {
    context.printJson(proof);
    return;
  }
  const number = String(lesson.number).padStart(2, '0');
  context.print(`${words[proof.outcome]} ${number} ${proof.claim} (${proof.seconds.toFixed(1)} s)`);
  if (proof.why !== undefined) context.print(`          ${proof.why.replaceAll('\n', '\n          ')}`);
}
