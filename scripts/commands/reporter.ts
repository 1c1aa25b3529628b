import { FiredrillError } from '../system/errors.ts';
import type { ActionReporter } from '../ui/progress.ts';
import type { Context } from './context.ts';

/**
 * Does long work on the lab, and shows it as it goes: on stdout, or beside the JSON on stderr. The terminal is given back at
 * the end. @throws what the work throws; FiredrillError `docker-silent` where the docker engine has stopped meanwhile.
 */
export async function withReporter<T>(context: Context, work: (reporter: ActionReporter) => Promise<T>): Promise<T> {
  const reporter = await reporterFor(context);
  try {
    return await work(reporter);
  } catch (error) {
    throw (await engineHasStopped(error, context.signal)) ?? error;
  } finally {
    reporter.close();
  }
}

/** What fails in many ways where the engine stops half-way: vagrant, docker, or a machine that is waited for. */
const mayBeTheEngine = ['command-failed', 'command-timed-out', 'vagrant-failed', 'waited-in-vain'];

/** The better explanation of a failure, or undefined where the engine answers. */
async function engineHasStopped(error: unknown, signal: AbortSignal): Promise<FiredrillError | undefined> {
  if (!(error instanceof FiredrillError) || !mayBeTheEngine.includes(error.code) || signal.aborted) return undefined;
  const { requireDocker } = await import('../lab/docker.ts');
  const silent: unknown = await requireDocker(signal).catch((thrown: unknown) => thrown);
  if (!(silent instanceof FiredrillError) || silent.code !== 'docker-silent') return undefined;
  return new FiredrillError('The docker engine does not answer any more.', {
    code: silent.code,
    remedy: `${silent.remedy} Then run the same again: it goes on where it stopped.`,
    cause: silent.cause,
  });
}

async function reporterFor(context: Context): Promise<ActionReporter> {
  const { createActionReporter } = await import('../ui/progress.ts');
  const output = context.json ? process.stderr : process.stdout;
  return createActionReporter({
    output,
    colour: output.isTTY && !process.env['NO_COLOR'],
    interactive: output.isTTY && !context.json,
  });
}
