import { Option, type Command } from 'commander';
import { firstPorts, requireUsable, type Provider, type Size } from '../lab/layout.ts';
import { FiredrillError } from '../system/errors.ts';
import { contextOf, type Context } from './context.ts';
import { addLabScaleCommand } from './lab-scale.ts';
import { status } from './lab-status.ts';
import { addUpgradeCommand } from './lab-upgrade.ts';
import { withReporter } from './reporter.ts';
import { wholeNumber } from './whole-number.ts';

/** `firedrill lab`: the machines, from boot to removal. */
export function addLabCommand(program: Command): void {
  const lab = program.command('lab').description('Boot, look at, scale, stop and remove the machines.');
  lab
    .command('up')
    .description('Boot the lab, or bring back one that was halted or killed.')
    .addOption(new Option('--size <size>', 'how many machines').choices(['default', 'single', 'ha']))
    .addOption(
      new Option(
        '--provider <provider>',
        'what makes the machines; virtual machines are rendered, but not usable yet',
      ).choices(['docker', 'virtualbox', 'parallels']),
    )
    .option('--subnet <cidr>', "the machines' network, a /24 (default: $FIREDRILL_SUBNET or 10.0.3.0/24)")
    .option(
      '--first-port <port>',
      'first of 300 ports on 127.0.0.1 (default: $FIREDRILL_FIRST_PORT or 8400)',
      wholeNumber(firstPorts),
    )
    .addOption(
      new Option('--bundle <url-or-file>', 'take the bundle from an instructor, or from an exported file').env(
        'FIREDRILL_BUNDLE',
      ),
    )
    .addHelpText('after', upExamples)
    .action(async (options: UpFlags, command: Command) => {
      await up(contextOf(command), options);
    });
  lab
    .command('status')
    .description('Show the machines, who leads etcd, and which nodes are Ready.')
    .action(async (_: unknown, command: Command) => {
      await status(contextOf(command));
    });
  addLabScaleCommand(lab);
  addUpgradeCommand(lab);
  lab
    .command('halt')
    .description('Stop the machines and keep their data.')
    .action(async (_: unknown, command: Command) => {
      const context = contextOf(command);
      const { haltLab } = await import('../lab/down.ts');
      await withReporter(context, (reporter) => haltLab({ name: context.lab, signal: context.signal, reporter }));
      if (context.json) context.printJson({ lab: context.lab, halted: true });
    });
  lab
    .command('destroy')
    .description('Remove the machines and all that is on them. Keeps the bundle, your progress and your reports.')
    .action(async (_: unknown, command: Command) => {
      await destroy(contextOf(command));
    });
  lab
    .command('ssh')
    .description('Open a shell on a machine, or run a command there.')
    .argument('<machine>', 'e1, c1, w1, ...')
    .argument('[command...]', 'what to run there, after --')
    .addHelpText('after', '\nExamples:\n  firedrill lab ssh w1\n  firedrill lab ssh e1 -- etcdctl member list')
    .action(async (machine: string, words: string[], _: unknown, command: Command) => {
      await ssh(contextOf(command), machine, words);
    });
  lab
    .command('shell')
    .description('Open your own shell with kubectl, etcdctl, etcdutl and the machines at hand.')
    .option('--record', "record the commands that you type in it, for 'firedrill report' (or $FIREDRILL_RECORD=1)")
    .action(async (options: { record?: boolean }, command: Command) => {
      await shell(contextOf(command), options.record);
    });
  lab
    .command('logs')
    .description("Show a machine's journal, or one unit's.")
    .argument('<machine>', 'e1, c1, w1, ...')
    .argument('[unit]', 'etcd, kubelet, containerd, kube-proxy, ...')
    .option('--lines <count>', 'how many of the last lines', wholeNumber({ from: 1 }), 100)
    .addHelpText('after', '\nExamples:\n  firedrill lab logs w1 kubelet\n  firedrill lab logs e1 etcd --lines 20')
    .action(async (machine: string, unit: string | undefined, options: { lines: number }, command: Command) => {
      const context = contextOf(command);
      const { openLab } = await import('../lab/open.ts');
      const { quoted } = await import('../system/run.ts');
      const of = unit === undefined ? '' : ` --unit ${quoted(unit)}`;
      const result = await (
        await openLab(context.lab)
      ).on(machine, `journalctl --no-pager --lines ${options.lines}${of}`);
      process.stdout.write(result.stdout);
      process.stderr.write(result.stderr);
      process.exitCode = result.exitCode === 0 ? 0 : 3;
    });
}

const upExamples = `
Examples:
  firedrill lab up                        three machines for etcd, a controller, two workers
  firedrill lab up --size single          everything on one machine
  firedrill lab up --size ha              two controllers, and HAProxy on every node in front of them
  firedrill lab up --subnet 10.0.9.0/24   where 10.0.3.0/24 is taken`;

interface UpFlags {
  size?: Size;
  provider?: Provider;
  subnet?: string;
  firstPort?: number;
  bundle?: string;
}

async function up(context: Context, options: UpFlags): Promise<void> {
  // Before anything is installed for it.
  if (options.provider !== undefined) requireUsable(options.provider);
  const { ensureSetUp } = await import('./setup.ts');
  await ensureSetUp({ context, bundleFrom: options.bundle });
  const { bringUp } = await import('../lab/up.ts');
  const lab = await withReporter(context, (reporter) =>
    bringUp({
      name: context.lab,
      size: options.size,
      provider: options.provider,
      subnet: options.subnet,
      firstPort: options.firstPort,
      bundleFrom: options.bundle,
      signal: context.signal,
      reporter,
    }),
  );
  if (context.json) context.printJson({ lab: lab.layout.name, folder: lab.folder, up: true });
  else context.print("The lab is up. Next: 'npx firedrill' for the lessons, or 'npx firedrill lab shell'.");
}

async function destroy(context: Context): Promise<void> {
  if (!(await agreesToDestroy(context))) {
    process.exitCode = 1;
    return;
  }
  const { destroyLab } = await import('../lab/down.ts');
  await withReporter(context, (reporter) => destroyLab({ name: context.lab, signal: context.signal, reporter }));
  if (context.json) context.printJson({ lab: context.lab, destroyed: true });
  else context.print('The lab is gone. The bundle, your progress and your reports are kept.');
}

async function shell(context: Context, record: boolean | undefined): Promise<void> {
  const [{ openLab }, { openShell, wantsRecord }, { openShellLog }] = await Promise.all([
    import('../lab/open.ts'),
    import('../ui/shell.ts'),
    import('./shell-log.ts'),
  ]);
  const environment = (await openLab(context.lab)).shellEnvironment();
  process.exitCode = await openShell(environment, {
    record: wantsRecord(record) ? openShellLog(context.lab) : undefined,
  });
}

async function agreesToDestroy(context: Context): Promise<boolean> {
  if (context.yes) return true;
  if (!context.interactive) {
    throw new FiredrillError('The machines would be removed with all that is on them, and there is nobody to ask.', {
      code: 'destroy-needs-yes',
      remedy: "Say yes beforehand: 'npx firedrill lab destroy --yes'.",
      exitCode: 2,
    });
  }
  const { confirm } = await import('../ui/ask.ts');
  const io = { input: process.stdin, output: process.stdout, signal: context.signal };
  return confirm(`Remove the lab '${context.lab}' and all that is on its machines?`, io);
}

async function ssh(context: Context, machine: string, words: readonly string[]): Promise<void> {
  const [{ openLab }, { sshConfigPath }, { execa }] = await Promise.all([
    import('../lab/open.ts'),
    import('../lab/remote.ts'),
    import('execa'),
  ]);
  const lab = await openLab(context.lab);
  const { name } = lab.machine(machine);
  const command = words.length > 0 ? ['--', ...words] : [];
  const result = await execa('ssh', ['-F', sshConfigPath(lab.folder), name, ...command], {
    stdio: 'inherit',
    reject: false,
  });
  // What ssh says of its own failures, too: a machine that does not answer is told with what to do.
  if (result.exitCode === 255) await lab.on(name, 'true', { signal: context.signal });
  process.exitCode = result.exitCode ?? 3;
}
