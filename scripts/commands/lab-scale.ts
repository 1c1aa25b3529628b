import type { Command } from 'commander';
import type { ScaleResult } from '../lab/scale/scale.ts';
import { mostWorkers } from '../lab/scale/workers.ts';
import { contextOf, type Context } from './context.ts';
import { withReporter } from './reporter.ts';
import { wholeNumber } from './whole-number.ts';

/** `firedrill lab scale`: workers join and leave while the lab runs. */
export function addLabScaleCommand(lab: Command): void {
  lab
    .command('scale')
    .description('Let workers join or leave while the lab runs.')
    .requiredOption(
      '--workers <count>',
      `how many the lab shall have, 2 to ${mostWorkers}`,
      wholeNumber({ from: 2, to: mostWorkers }),
    )
    .option('--no-approve', 'leave the certificate requests of new machines to you')
    .addHelpText('after', examples)
    .action(async (options: { workers: number; approve: boolean }, command: Command) => {
      await scale(contextOf(command), options);
    });
}

const examples = `
Examples:
  firedrill lab scale --workers 4                w3 and w4 join
  firedrill lab scale --workers 3 --no-approve   w3 asks for its certificates, and you approve them
  firedrill lab scale --workers 2                they leave again, the highest number first

A new machine gets a token and asks the API server for its certificates. A machine that leaves is
drained first: a disruption budget is respected, and named where it holds the machine up.
Workers of the first boot never leave. Run it again where it was interrupted: it does the rest.`;

async function scale(context: Context, options: { workers: number; approve: boolean }): Promise<void> {
  const { scaleLab } = await import('../lab/scale/scale.ts');
  const result = await withReporter(context, (reporter) =>
    scaleLab({ name: context.lab, ...options, signal: context.signal, reporter }),
  );
  if (context.json) context.printJson({ lab: context.lab, ...result });
  else for (const line of resultLines(result)) context.print(line);
}

/** The result for a person; where one must approve requests: how. */
export function resultLines({ workers, waiting }: ScaleResult): string[] {
  const has = `The lab has ${workers.length} workers: ${workers.join(', ')}.`;
  if (waiting.length === 0) return [has];
  const machines = [...new Set(waiting.map(({ machine }) => machine))];
  return [
    has,
    `${machines.join(' and ')} ${machines.length === 1 ? 'runs, and asks' : 'run, and ask'} to be let in. Look at the request, and approve it:`,
    '',
    '    kubectl get csr',
    ...waiting.map(({ name }) => `    kubectl certificate approve ${name}`),
    '',
    ...(waiting.some(({ kind }) => kind === 'client')
      ? [
          'Then the machine becomes a node, and its kubelet sends a second request: for the certificate that it shows to the API server. Approve that one in the same way, or there are no logs from its pods.',
        ]
      : [
          'It is for the certificate that the kubelet shows to the API server: without it there are no logs of its pods.',
        ]),
  ];
}
