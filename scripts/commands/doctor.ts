import type { Command } from 'commander';
import type { Layout } from '../lab/layout.ts';
import type { DoctorFacts } from '../setup/doctor.ts';
import type { Finding } from '../setup/finding.ts';
import { contextOf, type Context } from './context.ts';

/** `firedrill doctor`: looks at this computer and changes nothing. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('Look at everything that the lab needs on this computer. Changes nothing.')
    .option('--report <file>', 'write what it found to a file that can be pasted into an issue')
    .addHelpText('after', examples)
    .action(async (options: { report?: string }, command: Command) => {
      await examineAndSay(contextOf(command), options.report);
    });
}

const examples = `
Ends with 0 and "You are ready.", or with 1 and what is missing.

Examples:
  firedrill doctor
  firedrill doctor --report report.md   no environment, no passwords, no user name, the home folder as ~`;

async function examineAndSay(context: Context, report: string | undefined): Promise<void> {
  const [{ describeFindings, examine }, { isReady }, { thisHost }] = await Promise.all([
    import('../setup/doctor.ts'),
    import('../setup/finding.ts'),
    import('../setup/host.ts'),
  ]);
  const findings = await examine(thisHost, await factsFor(context));
  const ready = isReady(findings);
  process.exitCode = ready ? 0 : 1;
  if (context.json) context.printJson({ ready, findings });
  else for (const line of describeFindings(findings)) context.print(line);
  if (report !== undefined) {
    await saveReport(report, findings);
    if (!context.json) context.print(`Written to ${report}: read it before you paste it into an issue.`);
  }
}

async function factsFor(context: Context): Promise<DoctorFacts> {
  const [{ checkoutFolder }, { openLab, readLayout }, { faultsLeft }, { noLab }, { lookAtBundle }, { readIfThere }] =
    await Promise.all([
      import('../system/folders.ts'),
      import('../lab/open.ts'),
      import('../faults/left.ts'),
      import('./no-lab.ts'),
      import('./setup.ts'),
      import('../system/files.ts'),
    ]);
  const about = JSON.parse((await readIfThere(`${checkoutFolder}/package.json`)) ?? '{}') as { version?: string };
  // A damaged file of the lab is what `lab status` reports; doctor goes on with the layout of a new lab.
  const layout = await readLayout(context.lab).catch(() => undefined);
  return {
    labName: context.lab,
    version: about.version ?? 'unknown',
    bundle: await lookAtBundle(),
    layout: layout ?? (await layoutOfNewLab(context.lab)),
    // The journal is there to be read without a lab, too.
    faults: layout
      ? await faultsLeft(await openLab(context.lab), await machinesThatRun(layout))
      : await faultsLeft(noLab(context.lab), []),
  };
}

/** A machine that is off has nothing to say, and asking it may take long. */
async function machinesThatRun({ name, provider, machines }: Layout): Promise<string[]> {
  if (provider !== 'docker') return machines.map((machine) => machine.name);
  const { listContainers } = await import('../lab/docker.ts');
  // That the engine does not answer is a finding of its own.
  const containers = await listContainers(name).catch(() => []);
  return containers.filter(({ state }) => state === 'running').map(({ machine }) => machine);
}

/** Where `lab up` would put it: the environment may name another network and other ports. */
async function layoutOfNewLab(name: string): Promise<Layout> {
  const { createLayout } = await import('../lab/layout.ts');
  const { FIREDRILL_SUBNET: subnet, FIREDRILL_FIRST_PORT: port } = process.env;
  return createLayout({ name, ...(subnet ? { subnet } : {}), ...(port ? { firstPort: Number(port) } : {}) });
}

async function saveReport(path: string, findings: readonly Finding[]): Promise<void> {
  const [{ writeReport }, { writeFile }, { homedir, userInfo }, { FiredrillError }] = await Promise.all([
    import('../setup/report.ts'),
    import('node:fs/promises'),
    import('node:os'),
    import('../system/errors.ts'),
  ]);
  const text = writeReport(findings, { home: process.env['HOME'] || homedir(), userName: userInfo().username });
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new FiredrillError(`The report cannot be written to ${path}.`, {
      code: 'report-not-written',
      remedy: 'Name a file in a folder that is there and that you may write to.',
      cause: error,
    });
  }
}
