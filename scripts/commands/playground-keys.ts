import type { Command } from 'commander';
import type * as Keys from '../playground/keys.ts';
import type { Place } from '../playground/place.ts';
import { settingOf, tell } from './playground-setting.ts';
import { wholeNumber } from './whole-number.ts';

interface KeyFlags {
  prefix?: boolean;
  serializable?: boolean;
  via?: string;
  rev?: number;
}
const via = ['--via <member>', 'ask this member (default: the leader, or one that can answer)'] as const;
const prefix = ['--prefix', 'every key that begins with it'] as const;
const rev = ['--rev <revision>', 'as it was, or from there on'] as const;

/** What is done with keys. */
export function addKeyCommands(playground: Command): void {
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
    .option(...rev, wholeNumber({ from: 0 }))
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
    .option(...rev, wholeNumber({ from: 0 }))
    .option(...via)
    .action(async (key: string, { rev: fromRevision = 0, ...flags }: KeyFlags, command: Command) => {
      const { context, place } = await settingOf(command);
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
          const at = new Date();
          tell(context, { at: at.toISOString(), ...event }, watchLine(event, at));
        },
      });
      signal.throwIfAborted();
      process.exitCode = 1;
    });
  playground
    .command('stress')
    .description('write as fast as a member confirms, for 20 s at most')
    .option('--writes <count>', 'how many writes', wholeNumber({ from: 1 }), 1000)
    .option(...via)
    .action(async (flags: KeyFlags & { writes: number }, command: Command) => {
      const { context, place } = await settingOf(command);
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
      const { context, place } = await settingOf(command);
      const { runEtcdctl } = await import('../playground/etcdctl.ts');
      process.exitCode = await runEtcdctl(place, args, { via: flags.via, signal: context.signal });
    });
}

async function answered(
  command: Command,
  work: (keys: typeof Keys, place: Place, signal: AbortSignal) => Promise<Keys.Answer>,
): Promise<void> {
  const { context, place } = await settingOf(command);
  const [keys, { answerLines }] = await Promise.all([
    import('../playground/keys.ts'),
    import('../playground/lines.ts'),
  ]);
  const answer = await work(keys, place, context.signal);
  tell(context, answer, ...answerLines(answer));
  if (!answer.ok) process.exitCode = 1;
}
