import type { Command } from 'commander';
import type { Faults, UndoReport } from '../faults/faults.ts';
import type { JournalEntry } from '../faults/journal.ts';
import { FiredrillError } from '../system/errors.ts';
import { contextOf, type Context } from './context.ts';

/** `firedrill faults`: what was broken on purpose and is not put back yet, whichever process broke it. */
export function addFaultsCommand(program: Command): void {
  const faults = program
    .command('faults')
    .description('What is broken on purpose right now, and how to put it back.')
    .addHelpText('after', examples);
  faults
    .command('list', { isDefault: true })
    .description('list the faults that have not been undone')
    .action(async (_: unknown, command: Command) => {
      await list(contextOf(command));
    });
  faults
    .command('undo [id]')
    .description('put one back, or all of them')
    .option('--all', 'every fault, the latest first')
    .action(async (id: string | undefined, options: { all?: boolean }, command: Command) => {
      await undo(contextOf(command), id, options.all ?? false);
    });
}

const examples = `
Every fault also ends by itself: the machine undoes it when its lease is over, and a process on this computer gives
power back to machines that are off. Only what deletes data for good needs 'firedrill reset'.

Examples:
  firedrill faults list
  firedrill faults undo 1f2e3d4c
  firedrill faults undo --all`;

async function list(context: Context): Promise<void> {
  const [{ wayBackFrom }, faults] = await Promise.all([import('../faults/fault.ts'), faultsOf(context)]);
  const open = await faults.open();
  if (context.json) {
    context.printJson(open.map((entry) => ({ ...summary(entry), wayBack: wayBackFrom(entry.fault) })));
    return;
  }
  if (open.length === 0) context.print('Nothing is broken on purpose.');
  for (const { id, fault, injectedAt, state } of open) {
    const end = { lease: 'ends with its lease', reset: `ends with 'reset'` };
    context.print(`${id}  ${fault.title}  (${state} ${injectedAt}; ${end[wayBackFrom(fault)]})`);
  }
}

async function undo(context: Context, id: string | undefined, all: boolean): Promise<void> {
  if ((id === undefined) !== all) {
    throw new FiredrillError('Say which fault to undo, by its id, or --all.', {
      code: 'which-fault',
      remedy: "'firedrill faults list' shows the ids.",
      exitCode: 2,
    });
  }
  const faults = await faultsOf(context);
  const reports = id === undefined ? await faults.undoAll() : [await undoOne(faults, id)];
  if (context.json) context.printJson(reports.map(({ injected, outcome }) => ({ ...summary(injected), outcome })));
  else if (reports.length === 0) context.print('Nothing is broken on purpose.');
  else for (const report of reports) context.print(`${report.injected.id}  ${sentence(report)}`);
  if (reports.some((report) => 'error' in report)) process.exitCode = 3;
}

async function undoOne(faults: Faults, id: string): Promise<UndoReport> {
  const open = await faults.open();
  const injected = open.find((entry) => entry.id === id);
  if (injected) return { injected, outcome: await faults.undo(injected) };
  throw new FiredrillError(`There is no open fault with the id '${id}'.`, {
    code: 'unknown-fault',
    remedy: open.length === 0 ? 'Nothing is broken on purpose.' : `Open are: ${open.map((one) => one.id).join(', ')}.`,
    exitCode: 2,
  });
}

function sentence(report: UndoReport): string {
  const { title } = report.injected.fault;
  if ('error' in report) return `Still broken: ${title}. ${report.error.message} ${report.error.remedy}`;
  const what = {
    undone: 'Put back',
    already: 'Was put back before (by its lease, or by somebody else)',
    gone: 'Gone with the machine, which was booted anew or removed',
  };
  return `${what[report.outcome]}: ${title}.`;
}

const summary = ({ id, fault, state, injectedAt }: JournalEntry) => ({
  id,
  kind: fault.kind,
  machine: fault.machine,
  title: fault.title,
  state,
  injectedAt,
});

async function faultsOf(context: Context): Promise<Faults> {
  const [{ openLab }, { createFaults }] = await Promise.all([import('../lab/open.ts'), import('../faults/faults.ts')]);
  return createFaults(await openLab(context.lab));
}
