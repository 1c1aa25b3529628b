import type { Command } from 'commander';
import type * as Members from '../playground/members.ts';
import type { Place } from '../playground/place.ts';
import { settingOf, tell } from './playground-setting.ts';

/** What is done to members and the cables between them. */
export function addMemberCommands(playground: Command): void {
  for (const how of ['stop', 'kill'] as const) {
    playground
      .command(`${how} <members...>`)
      .description(
        how === 'stop' ? 'stop members politely' : 'end members without a goodbye (leader: the one that leads)',
      )
      .action(async (names: string[], _: unknown, command: Command) => {
        await membersDo(command, async (members, place) => [
          `${how === 'stop' ? 'Stopped' : 'Killed'}: ${named(await members.end(place, names.flatMap(split), how))}.`,
        ]);
      });
  }
  playground
    .command('start [members...]')
    .description('start members, or all that are stopped')
    .action(async (names: string[], _: unknown, command: Command) => {
      await membersDo(command, async (members, place) => [
        `Started: ${named(await members.start(place, names.flatMap(split)))}.`,
      ]);
    });
  playground
    .command('cut <sides...>')
    .description('cut every cable between two sides: cut p1,p2 from p3,p4,p5')
    .action(async (words: string[], _: unknown, command: Command) => {
      const [{ cut }, { twoSides }] = await Promise.all([
        import('../playground/cuts.ts'),
        import('../playground/sides.ts'),
      ]);
      await membersDo(command, async (_members, place) => {
        const [side, others] = twoSides(words, place);
        await cut(place, side, others);
        return [`Cut: ${named(side)} from ${named(others)}.`];
      });
    });
  playground
    .command('mend')
    .description('mend every cable')
    .action(async (_: unknown, command: Command) => {
      const { mend } = await import('../playground/cuts.ts');
      await membersDo(command, async (_members, place) => {
        await mend(place);
        return ['Mended: every cable.'];
      });
    });
  playground
    .command('remove <member>')
    .description('let the cluster go on without a member, and remove its machine')
    .action(async (name: string, _: unknown, command: Command) => {
      await membersDo(command, async (members, place) => {
        await members.remove(place, name);
        return [`Removed: ${name}.`];
      });
    });
  playground
    .command('add <member>')
    .description('add a member with an empty disk: it learns first, and votes when it has caught up')
    .option('--learner', 'let it stay a learner')
    .action(async (name: string, flags: { learner?: boolean }, command: Command) => {
      await membersDo(command, async (members, place, signal) => {
        await members.addLearner(place, name, signal);
        if (flags.learner) return [`Added as a learner: ${name}.`];
        await members.promote(place, name, signal);
        return [`Added: ${name}. It learned, and votes now.`];
      });
    });
  playground
    .command('promote <member>')
    .description('give a learner its vote')
    .action(async (name: string, _: unknown, command: Command) => {
      await membersDo(command, async (members, place, signal) => {
        await members.promote(place, name, signal);
        return [`Promoted: ${name} votes now.`];
      });
    });
}

async function membersDo(
  command: Command,
  work: (members: typeof Members, place: Place, signal: AbortSignal) => Promise<string[]>,
): Promise<void> {
  const { context, place } = await settingOf(command);
  const [members, { requireOpen }] = await Promise.all([
    import('../playground/members.ts'),
    import('../playground/open.ts'),
  ]);
  await requireOpen(place, context.signal);
  const done = await work(members, place, context.signal);
  tell(context, { done: done.join(' ') }, ...done);
}

const split = (word: string): string[] => word.split(',').filter((name) => name !== '');
const named = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
