import type { Command } from 'commander';
import type { Ring } from '../playground/ring.ts';
import { contextOf, type Context } from './context.ts';
import { addKeyCommands } from './playground-keys.ts';
import { addMemberCommands } from './playground-members.ts';
import { openFor, settingOf, tell } from './playground-setting.ts';

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
      const { ring } = await openFor(context);
      await tellRing(context, ring);
    });
  playground
    .command('status')
    .description('show each member: who leads, term, index, revision, size, hash')
    .action(async (_: unknown, command: Command) => {
      const { context, place } = await settingOf(command);
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

async function tellRing(context: Context, ring: Ring): Promise<void> {
  const { ringLines } = await import('../playground/lines.ts');
  tell(context, ring, ...ringLines(ring));
}
