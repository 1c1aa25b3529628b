import type { Command } from 'commander';
import type { SetUpResult, SetupVoice } from '../setup/set-up.ts';
import { isMade, type BundleLook } from '../setup/bundle-look.ts';
import { Ended, messageOf } from '../system/errors.ts';
import { contextOf, fitted, type Context } from './context.ts';

/** `firedrill setup`: installs and starts what the lab needs on this computer. */
export function addSetupCommand(program: Command): void {
  program
    .command('setup')
    .description('Find what this computer lacks for the lab, and install it, after asking.')
    .option('--dry-run', 'say what it would do, and do nothing')
    .addHelpText('after', examples)
    .action(async (options: { dryRun?: boolean }, command: Command) => {
      const context = contextOf(command);
      if (options.dryRun) await printPlan(context);
      else await setUpAndSay(context);
    });
}

const examples = `
Examples:
  firedrill setup             say what is missing, ask, install it, start the docker engine
  firedrill setup --dry-run   only say what it would do
  firedrill setup --yes       without asking, for scripts`;

/**
 * What `start` and `lab up` call before anything else. Quick where nothing is missing.
 * @throws Ended where the person said no (1), and where the same command line was run again, to its end, in a login that may
 * use docker; FiredrillError `setup-needs-yes`, `setup-by-hand`, `setup-failed`, `docker-silent`.
 */
export async function ensureSetUp(options: {
  context: Context;
  /** URL or file of a bundle made elsewhere; default as `supplyFor` has it. */
  bundleFrom?: string | undefined;
}): Promise<void> {
  const { context } = options;
  if (process.env['DOCKER_HOST']) {
    // Setup would start this computer's own engine, which is not the one that is meant.
    const { requireDocker } = await import('../lab/docker.ts');
    await requireDocker(context.signal);
  }
  const result = await runSetUp(context, options.bundleFrom);
  if (result === 'ready') return;
  if (result === 'declined') {
    context.print("Nothing was changed. When you are ready: 'npx firedrill setup'.");
    throw new Ended(1);
  }
  const { thisHost } = await import('../setup/host.ts');
  const { runAgainInDockerGroup } = await import('../setup/docker-group.ts');
  throw new Ended(await runAgainInDockerGroup(thisHost, context.signal));
}

async function setUpAndSay(context: Context): Promise<void> {
  const result = await runSetUp(context);
  process.exitCode = result === 'declined' ? 1 : 0;
  if (context.json) context.printJson({ result });
  else context.print(outcomes[result]);
}

const outcomes: Readonly<Record<SetUpResult, string>> = {
  ready: 'Everything that the lab needs is there. Next: npm start',
  'new-login-needed':
    'Everything is there. This terminal may not use docker yet, as it was opened before: log out and in again,\n' +
    "or run 'newgrp docker' in it. 'npm start' works without that.",
  declined: 'Nothing was changed.',
};

async function runSetUp(context: Context, bundleFrom?: string): Promise<SetUpResult> {
  const [{ setUp }, { thisHost }] = await Promise.all([import('../setup/set-up.ts'), import('../setup/host.ts')]);
  const { voice, close } = await voiceOf(context);
  try {
    const bundleComplete = isMade(await lookAtBundle(bundleFrom));
    return await setUp({ host: thisHost, voice, yes: context.yes, bundleComplete, signal: context.signal });
  } finally {
    close();
  }
}

/** Folder of the bundle; or what it lacks, and where all of that is to be had without building it. */
export async function lookAtBundle(from?: string): Promise<BundleLook> {
  const { readBundle } = await import('../bundle/bundle.ts');
  try {
    return { folder: (await readBundle()).folder };
  } catch (error) {
    const { wholeSupplyFor } = await import('../bundle/find-supply.ts');
    const supply = await wholeSupplyFor(from);
    return { lacking: messageOf(error), ...(supply === undefined ? {} : { supply }) };
  }
}

/** With `--json` all talk goes to stderr, so that stdout stays one document. */
async function voiceOf(context: Context): Promise<{ voice: SetupVoice; close: () => void }> {
  const [{ createActionReporter }, { confirm }, { wantsAccessible, wantsColour }] = await Promise.all([
    import('../ui/progress.ts'),
    import('../ui/ask.ts'),
    import('../ui/look.ts'),
  ]);
  const output = context.json ? process.stderr : process.stdout;
  const reporter = createActionReporter({ output, colour: wantsColour(output), interactive: output.isTTY });
  const io = { input: process.stdin, output, signal: context.signal, accessible: wantsAccessible() };
  const voice: SetupVoice = {
    say: (text) => {
      output.write(`${fitted(text, output)}\n`);
    },
    ask: context.interactive ? (question) => confirm(question, io) : undefined,
    during: async (title, work) => {
      const action = reporter.action(title);
      try {
        const result = await work((line) => {
          action.update(line);
        });
        action.done();
        return result;
      } catch (error) {
        action.failed(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
        throw error;
      }
    },
  };
  return {
    voice,
    close: () => {
      reporter.close();
    },
  };
}

async function printPlan(context: Context): Promise<void> {
  const [{ lookAround }, { makePlan, nothingToDo }, { describePlan }, { thisHost }] = await Promise.all([
    import('../setup/look.ts'),
    import('../setup/plan.ts'),
    import('../setup/set-up.ts'),
    import('../setup/host.ts'),
  ]);
  const bundleComplete = isMade(await lookAtBundle());
  const plan = makePlan(await lookAround(thisHost, { bundleComplete }));
  if (context.json) context.printJson(plan);
  else if (nothingToDo(plan)) context.print(plan.needsNewLogin ? outcomes['new-login-needed'] : outcomes.ready);
  else context.print(describePlan(plan, thisHost.root));
}
