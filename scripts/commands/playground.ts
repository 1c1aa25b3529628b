import { InvalidArgumentError, type Command } from 'commander';
import type { Answer } from '../playground/keys.ts';
import type { Place } from '../playground/place.ts';
import { contextOf, type Context } from './context.ts';

/** `firedrill playground`: five members of etcd apart from the lab, on a page and in the terminal. */
export function addPlaygroundCommand(program: Command): void {
  const playground = program
    .command('playground')
    .description('Five members of etcd to play with, apart from the lab: on a page, or in the terminal.')
    .addHelpText('after', examples);
  playground
    .command('page', { isDefault: true })
    .description('start the five members, open the page, and stay until Ctrl-C')
    .action(async (_: unknown, command: Command) => {
      const { openPage } = await import('./playground-page.ts');
      await openPage(contextOf(command));
    });
  addRingCommands(playground);
  addKeyCommands(playground);
  addMemberCommands(playground);
}

const examples = `
Examples:
  firedrill playground                            the page, until Ctrl-C
  firedrill playground up                         the five members, without the page
  firedrill playground put colour green
  firedrill playground kill leader
  firedrill playground cut p1,p2 from p3,p4,p5
  firedrill playground etcdctl -- get colour --write-out=fields
  firedrill playground close                      removes everything`;

function addRingCommands(playground: Command): void {
  playground
    .command('up')
    .description('start the five members and leave them running')
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command);
      const { openPlayground } = await import('../playground/open.ts');
      const startedAt = Date.now();
      const { ring, opened } = await openPlayground(context.lab, context.signal);
      if (!context.json) {
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
        context.print(opened ? `Five members run after ${seconds} s.` : 'The playground was open already.');
      }
      await tellRing(context, ring);
    });
  playground
    .command('status')
    .description('show each member: who leads, term, index, revision, size, hash')
    .action(async (_: unknown, command: Command) => {
      const { context, place } = await setting(command);
      const { lookAtRing } = await import('../playground/ring.ts');
      const ring = await lookAtRing(place, context.signal);
      await tellRing(context, ring);
      if (!ring.open) process.exitCode = 1;
    });
  playground
    .command('close')
    .description('remove the members and all that is on them')
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command);
      const { closePlayground } = await import('../playground/open.ts');
      await closePlayground(context.lab);
      tell(context, { closed: true }, 'The playground is closed; nothing of it is left.');
    });
}

interface KeyFlags {
  prefix?: boolean;
  serializable?: boolean;
  via?: string;
  rev?: number;
}
const via = ['--via <member>', 'ask this member (default: one that can answer)'] as const;
const prefix = ['--prefix', 'every key that begins with it'] as const;
const rev = ['--rev <revision>', 'as it was, or from there on'] as const;

function addKeyCommands(playground: Command): void {
  playground
    .command('put <key> <value>')
    .description('write a key')
    .option(...via)
    .action(async (key: string, value: string, flags: KeyFlags, command: Command) => {
      await answered(command, (keys, place, signal) => keys.put(place, key, value, { ...flags, signal }));
    });
  playground
    .command('get <key>')
    .description('read a key')
    .option(...prefix)
    .option('--serializable', 'be content with what the member has, which may be old')
    .option(...rev, wholeNumber)
    .option(...via)
    .action(async (key: string, { rev: revision = 0, ...flags }: KeyFlags, command: Command) => {
      await answered(command, (keys, place, signal) => keys.get(place, key, { ...flags, revision, signal }));
    });
  playground
    .command('del <key>')
    .description('delete a key')
    .option(...prefix)
    .option(...via)
    .action(async (key: string, flags: KeyFlags, command: Command) => {
      await answered(command, (keys, place, signal) => keys.del(place, key, { ...flags, signal }));
    });
  playground
    .command('watch <key>')
    .description('show every change of a key as it comes, until Ctrl-C')
    .option(...prefix)
    .option(...rev, wholeNumber)
    .option(...via)
    .action(async (key: string, { rev: fromRevision = 0, ...flags }: KeyFlags, command: Command) => {
      const { context, place } = await setting(command);
      const [{ watch }, { watchLine }] = await Promise.all([
        import('../playground/watch.ts'),
        import('../playground/lines.ts'),
      ]);
      const { signal } = context;
      await watch(place, key, {
        ...flags,
        fromRevision,
        signal,
        onEvent: (event) => {
          tell(context, event, watchLine(event));
        },
      });
      signal.throwIfAborted();
      process.exitCode = 1;
    });
  playground
    .command('stress')
    .description('write as fast as a member confirms, for 20 s at most')
    .option('--writes <count>', 'how many writes', wholeNumber, 1000)
    .option(...via)
    .action(async (flags: KeyFlags & { writes: number }, command: Command) => {
      const { context, place } = await setting(command);
      const [{ stress }, { stressLines }] = await Promise.all([
        import('../playground/stress.ts'),
        import('../playground/lines.ts'),
      ]);
      const result = await stress(place, flags.writes, { via: flags.via, signal: context.signal });
      tell(context, result, ...stressLines(result));
      if (result.confirmed === 0) process.exitCode = 1;
    });
  playground
    .command('etcdctl [args...]')
    .description("etcd's own client, pointed at the playground: its words come after --")
    .option(...via)
    .action(async (args: string[], flags: KeyFlags, command: Command) => {
      const { context, place } = await setting(command);
      const { runEtcdctl } = await import('../playground/etcdctl.ts');
      process.exitCode = await runEtcdctl(place, args, { via: flags.via, signal: context.signal });
    });
}

function addMemberCommands(playground: Command): void {
  for (const how of ['stop', 'kill'] as const) {
    playground
      .command(`${how} <members...>`)
      .description(how === 'stop' ? 'stop members politely' : 'end members without a goodbye (leader: the one that leads)')
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

async function setting(command: Command): Promise<{ context: Context; place: Place }> {
  const context = contextOf(command);
  const { placeOf } = await import('../playground/place.ts');
  return { context, place: await placeOf(context.lab) };
}

async function answered(
  command: Command,
  work: (keys: typeof import('../playground/keys.ts'), place: Place, signal: AbortSignal) => Promise<Answer>,
): Promise<void> {
  const { context, place } = await setting(command);
  const [keys, { answerLines }] = await Promise.all([
    import('../playground/keys.ts'),
    import('../playground/lines.ts'),
  ]);
  const answer = await work(keys, place, context.signal);
  tell(context, answer, ...answerLines(answer));
  if (!answer.ok) process.exitCode = 1;
}

async function membersDo(
  command: Command,
  work: (members: typeof import('../playground/members.ts'), place: Place, signal: AbortSignal) => Promise<string[]>,
): Promise<void> {
  const { context, place } = await setting(command);
  const [members, { requireOpen }] = await Promise.all([
    import('../playground/members.ts'),
    import('../playground/open.ts'),
  ]);
  await requireOpen(place, context.signal);
  const done = await work(members, place, context.signal);
  tell(context, { done: done.join(' ') }, ...done);
}

async function tellRing(context: Context, ring: import('../playground/ring.ts').Ring): Promise<void> {
  const { ringLines } = await import('../playground/lines.ts');
  tell(context, ring, ...ringLines(ring));
}

function tell(context: Context, value: unknown, ...lines: string[]): void {
  if (context.json) context.printJson(value);
  else for (const line of lines) context.print(line);
}

const split = (word: string): string[] => word.split(',').filter((name) => name !== '');
const named = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('It must be a whole number.');
  return number;
}
