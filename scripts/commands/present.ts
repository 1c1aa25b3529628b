import type { Command } from 'commander';
import type { LoadedLesson } from '../course/model.ts';
import { FiredrillError } from '../system/errors.ts';
import { lessonNamed, stepNamed } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { commandToGoOnAt, stepToGoOnAt, type Position } from '../present/position.ts';
import { labOf } from './lesson-session.ts';
import { runShown } from './shown-lesson.ts';

interface PresentOptions {
  from?: string;
  auto?: boolean;
  notes?: boolean;
}

/** `firedrill present`: a lesson as a demo for a room. */
export function addPresentCommand(program: Command): void {
  program
    .command('present')
    .description('Show a lesson to a room: commands typed out on a key press, with what they really say.')
    .argument('<lesson>', 'its number, or the name of its folder')
    .option('--from <step>', 'begin at this step: its number or its heading (default: where you stopped)')
    .option('--auto', 'a rehearsal: press the keys for me')
    .option('--notes', "follow the presentation in a second terminal, with the page's words")
    .addHelpText('after', examples)
    .action(async (name: string, options: PresentOptions, command: Command) => {
      const context = contextOf(command);
      const lesson = await lessonNamed(name, context.lab);
      if (options.notes) await showNotes(context, lesson);
      else await present(context, lesson, options);
    });
}

const examples = `
Examples:
  firedrill present 3            Space types the next command, and runs it; ? shows the other keys
  firedrill present 3 --notes    in a second terminal, where the room does not see it
  firedrill present 3 --auto     a rehearsal, from the first step

What a drill breaks is put back as in the lesson itself. Your own progress stays as it is.`;

async function present(context: Context, lesson: LoadedLesson, options: PresentOptions): Promise<void> {
  const auto = options.auto ?? context.yes;
  if (!auto && !context.interactive) throw noTerminal(lesson);
  const lab = await labOf(lesson, context, auto);
  const [{ createPresenterUi }, { PositionKeeper, readPosition, stoppedAt }, { wantsColour }] = await Promise.all([
    import('../present/presenter-ui.ts'),
    import('../present/position.ts'),
    import('../ui/look.ts'),
  ]);
  const onDamaged = (message: string): void => {
    context.print(message);
  };
  const stopped = stoppedAt(await readPosition(lesson.id, { onDamaged }));
  const { fromStep, goOnAt, says } = beginningOf(lesson, { from: options.from, auto }, stopped);
  if (says !== undefined) context.print(says);
  const positions = new PositionKeeper({ rehearsal: auto ? { stopped } : undefined });
  try {
    const end = await runShown(context, {
      ...{ lesson, lab, fromStep, doesAgain: true },
      showIn: (openShell) =>
        createPresenterUi({
          input: process.stdin,
          output: process.stdout,
          colour: wantsColour(process.stdout),
          auto,
          types: process.stdout.isTTY,
          environment: () => lab.shellEnvironment(),
          positions,
          goOnAt,
          signal: context.signal,
          openShell,
        }),
    });
    process.exitCode = end === 'failed' ? 1 : 0;
  } finally {
    await positions.written();
  }
}

/**
 * Where a presentation begins: where it was stopped, but not a rehearsal, nor one that was told where.
 * @returns the step's index, the command in it (see `PresenterOptions`), and what to say where that is not the start.
 * @throws FiredrillError `unknown-step`.
 */
export function beginningOf(
  lesson: LoadedLesson,
  { from, auto }: { from: string | undefined; auto: boolean },
  position: Position | undefined,
): { fromStep: number; goOnAt?: string | undefined; says?: string } {
  if (from !== undefined) return { fromStep: stepNamed(lesson, from) };
  if (auto) return { fromStep: 0 };
  const fromStep = stepToGoOnAt(lesson, position);
  const goOnAt = commandToGoOnAt(lesson, position);
  if (fromStep === 0 && goOnAt === undefined) return { fromStep };
  const at =
    goOnAt === undefined ? '' : `, at '${goOnAt.trim().split('\n')[0] ?? ''}': what comes before it is run again`;
  const says = `Going on at step ${fromStep + 1}${at}. From the start: 'npx firedrill present ${lesson.number} --from 1'.`;
  return { fromStep, goOnAt, says };
}

async function showNotes(context: Context, lesson: LoadedLesson): Promise<void> {
  const [{ followNotes }, { columnsOf, wantsColour }] = await Promise.all([
    import('../present/notes.ts'),
    import('../ui/look.ts'),
  ]);
  const output = process.stdout;
  // Home, clear below, forget what scrolled away (ECMA-48 and xterm): the old notes must not be read by mistake.
  const clear = output.isTTY ? '\u001b[H\u001b[2J\u001b[3J' : '';
  await followNotes(lesson, {
    show: (lines) => {
      output.write(`${clear}${lines.join('\n')}\n`);
    },
    look: () => ({ columns: columnsOf(output), colour: wantsColour(output), accessible: false }),
    signal: context.signal,
  });
}

const noTerminal = (lesson: LoadedLesson): FiredrillError =>
  new FiredrillError('A presentation waits for keys, and there is no terminal to press them in.', {
    code: 'no-terminal',
    remedy: `Rehearse it unattended: 'npx firedrill present ${lesson.number} --auto --yes'.`,
    exitCode: 2,
  });
