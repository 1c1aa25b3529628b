import { Option, type Command } from 'commander';
import type { Minor } from '../lab/upgrade/on-machine.ts';
import type { Upgraded } from '../lab/upgrade/upgrade.ts';
import { contextOf, type Context } from './context.ts';
import { withReporter } from './reporter.ts';
import { wholeNumber } from './whole-number.ts';

/** `firedrill lab upgrade`: a node's kubelet and kube-proxy of the other minor. */
export function addUpgradeCommand(lab: Command): void {
  lab
    .command('upgrade')
    .description("Change a node's version: kubelet and kube-proxy of the other minor.")
    .argument('<machine>', 'c1, w1, ...')
    .addOption(
      new Option('--to <minor>', 'which of the two minors in the bundle')
        .choices(['older', 'newer'])
        .makeOptionMandatory(),
    )
    .option(
      '--drain',
      'cordon the node, move its pods away, and uncordon it afterwards (what they keep in emptyDir is lost)',
    )
    .option(
      '--ready-within <seconds>',
      'take it back where it is not Ready after this long (default: 60, of a controller 240)',
      wholeNumber({ from: 1 }),
    )
    .addHelpText('after', examples)
    .action(async (machine: string, options: Flags, command: Command) => {
      await upgrade(contextOf(command), machine, options);
    });
}

const examples = `
Examples:
  firedrill lab upgrade w1 --to older          in place: its pods stay where they are
  firedrill lab upgrade w1 --to newer --drain  its pods move away first

Before each move it measures the versions and checks Kubernetes' version skew policy. What the policy
does not allow is refused with the rule, and exit code 1. A node that is not Ready in time is taken back.
Killed half-way: the same command goes on.`;

interface Flags {
  to: Minor;
  drain?: boolean;
  readyWithin?: number;
}

async function upgrade(context: Context, machine: string, { to, drain = false, readyWithin }: Flags): Promise<void> {
  const [{ openLab }, { upgradeNode }] = await Promise.all([
    import('../lab/open.ts'),
    import('../lab/upgrade/upgrade.ts'),
  ]);
  const lab = await openLab(context.lab);
  const upgraded = await withReporter(context, (reporter) =>
    upgradeNode(lab, machine, { to, drain, readyWithinSeconds: readyWithin, signal: context.signal, reporter }),
  );
  if (context.json) context.printJson(upgraded);
  else for (const line of upgradedLines(upgraded)) context.print(line);
}

/** What came out, and what upstream says of it. */
export function upgradedLines({ machine, from, to, changed, seconds, notes }: Upgraded): string[] {
  const versions = `kubelet ${to.kubelet ?? 'unknown'} and kube-proxy ${to.kubeProxy ?? 'unknown'}`;
  const before = from.kubelet === undefined || from.kubelet === to.kubelet ? '' : ` (before: ${from.kubelet})`;
  return [
    changed
      ? `${machine} is Ready with ${versions}${before}. It took ${seconds} s.`
      : `${machine} is Ready with ${versions} already: nothing was changed.`,
    ...notes.map((note) => `Note: ${note}`),
  ];
}
