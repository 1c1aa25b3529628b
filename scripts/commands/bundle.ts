import { Option, type Command } from 'commander';
import type { Progress } from '../bundle/bundle.ts';
import { describeProgress } from '../bundle/progress.ts';
import type { BadFile } from '../bundle/verify.ts';
import { contextOf, type Context } from './context.ts';
import { wholeNumber } from './whole-number.ts';

const fromOption = (): Option =>
  new Option('--from <url|file>', 'a mirror, an exported file, or its folder; tried first').env('FIREDRILL_BUNDLE');

/** `firedrill bundle ...`: every binary and image that the lab needs. */
export function addBundleCommand(program: Command): void {
  const bundle = program
    .command('bundle')
    .description('Make, look at and hand out the bundle: every binary and image that the lab needs.')
    .addHelpText('after', examples);

  bundle
    .command('status')
    .description('what is there of the bundle')
    .action(async (_options: unknown, command: Command) => {
      await printStatus(contextOf(command));
    });

  bundle
    .command('build')
    .description('make what is missing: from a mirror, the cache, official releases, or Go modules')
    .addOption(fromOption())
    .action(async (options: { from?: string }, command: Command) => {
      await build(contextOf(command), options.from);
    });

  bundle
    .command('verify')
    .description('compare every file with its checksum')
    .option('--repair', 'make corrupt and missing files again')
    .addOption(fromOption())
    .action(async (options: { repair?: boolean; from?: string }, command: Command) => {
      await verify(contextOf(command), options);
    });

  bundle
    .command('export <file>')
    .description('write one file for computers without a network: this kit, the bundle, the machine image')
    .action(async (file: string, _options: unknown, command: Command) => {
      const context = contextOf(command);
      const { exportBundle } = await import('../bundle/export.ts');
      const made = await exportBundle(file, { signal: context.signal, onStep: lines(context) });
      if (context.json) context.printJson(made);
      else context.print(`${made.path}: ${megabytes(made.bytes)}, sha256 ${made.sha256}`);
    });

  bundle
    .command('serve')
    .description('hand out the bundle and the exported file on the local network, until Ctrl-C')
    .option('--port <number>', 'port', wholeNumber({ from: 1, to: 65_535 }), 8470)
    .option('--host <address>', 'address to listen at', '0.0.0.0')
    .action(async (options: { port: number; host: string }, command: Command) => {
      const context = contextOf(command);
      const { serveBundle } = await import('../bundle/serve.ts');
      await serveBundle({
        ...options,
        signal: context.signal,
        onStep: lines(context),
      });
    });
}

const examples = `
Examples:
  firedrill bundle build                                  make what is missing; run again after an interruption
  firedrill bundle build --from http://192.168.1.5:8470   take it from an instructor's mirror
  firedrill bundle build --from ./firedrill.tar.gz        take it from an exported file
  firedrill bundle verify --repair                        find corrupt files, and make them again
  firedrill bundle export firedrill.tar.gz                one file for thirty laptops
  firedrill bundle serve --port 8470                      the same over the local network`;

/** Prints lines for people: to stderr where stdout is for JSON. */
const lines = (context: Context) => (line: string) => {
  if (context.json) process.stderr.write(`${line}\n`);
  else context.print(line);
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

async function printStatus(context: Context): Promise<void> {
  const { bundleStatus } = await import('../bundle/verify.ts');
  const status = await bundleStatus();
  process.exitCode = status.complete ? 0 : 1;
  if (context.json) {
    context.printJson(status);
    return;
  }
  for (const { name, version, there, source } of status.components) {
    context.print(`${name.padEnd(18)} ${version.padEnd(9)} ${there ? `there (${source ?? ''})` : 'missing'}`);
  }
  context.print(`${'images'.padEnd(28)} ${status.images ? 'there' : 'missing'}`);
  context.print(`${'machine image'.padEnd(28)} ${status.machineImage ?? 'missing'}`);
  context.print(`${status.folder}: ${megabytes(status.bytes)}`);
  if (!status.complete) context.print("Not complete: run 'npx firedrill bundle build'.");
}

/** The docker engine keeps the machine image: without it, minutes of work would end in vain. */
async function requireEngine({ signal }: Context): Promise<void> {
  const { requireDocker } = await import('../lab/docker.ts');
  await requireDocker(signal);
}

async function build(context: Context, from: string | undefined): Promise<void> {
  await requireEngine(context);
  const { ensureBundle } = await import('../bundle/bundle.ts');
  const bundle = await ensureBundle(makeOptions(context, from));
  if (context.json) context.printJson(bundle);
  else context.print(`The bundle is complete: ${bundle.folder}`);
}

const makeOptions = (context: Context, from: string | undefined) => ({
  signal: context.signal,
  onProgress: context.json
    ? (progress: Progress) => {
        context.printJson(progress);
      }
    : progressPrinter(lines(context)),
  ...(from === undefined ? {} : { from }),
});

async function verify(context: Context, options: { repair?: boolean; from?: string }): Promise<void> {
  const { bundleStatus, findBadFiles } = await import('../bundle/verify.ts');
  if (options.repair) {
    await requireEngine(context);
    const { repairBundle } = await import('../bundle/ensure.ts');
    const { bad, bundle } = await repairBundle(makeOptions(context, options.from));
    printBad(context, bad, 'was');
    if (!context.json) context.print(`Every file is as it should be: ${bundle.folder}`);
    return;
  }
  const bad = await findBadFiles({ signal: context.signal });
  printBad(context, bad, 'is');
  const { complete, folder } = await bundleStatus();
  process.exitCode = bad.length === 0 && complete ? 0 : 1;
  if (context.json) return;
  if (process.exitCode === 0) context.print(`Every file is as it should be: ${folder}`);
  else context.print("Not complete: 'npx firedrill bundle verify --repair' makes what is missing or corrupt.");
}

function printBad(context: Context, bad: readonly BadFile[], verb: 'is' | 'was'): void {
  if (context.json) context.printJson({ bad });
  else for (const { path, why } of bad) context.print(`${path} ${verb} ${why}`);
}

/** Plain lines, also in a pipe: a line when something changes, and one a while that something takes long. */
export function progressPrinter(print: (line: string) => void): (progress: Progress) => void {
  const last = new Map<string, { seconds: number; source: string | undefined }>();
  return (progress) => {
    const { component, state, source, seconds, note } = progress;
    if (note !== undefined) {
      print(describeProgress(progress));
      return;
    }
    if (state === 'waiting') return;
    if (state === 'done') {
      print(`${describeProgress(progress)} (${Math.round(seconds)} s)`);
      return;
    }
    const before = last.get(component);
    if (before !== undefined && before.source === source && seconds - before.seconds < 10) return;
    last.set(component, { seconds, source });
    print(describeProgress(progress));
  };
}
