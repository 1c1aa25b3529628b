import type { Command } from 'commander';
import type { Lab } from '../lab/lab.ts';
import type { Stage } from '../stage/stage.ts';
import { FiredrillError, Interrupted } from '../system/errors.ts';
import { contextOf, type Context } from './context.ts';
import { takeStage } from './one-stage.ts';
import { wholeNumber } from './whole-number.ts';

interface StageFlags {
  rate: number;
  for?: number;
  auto?: boolean;
  page?: boolean;
}

const defaultRate = 6000;
const mostRate = 10_000;
/** A day: as long as anybody looks. */
const mostSeconds = 86_400;
/** Seconds that requests which are under way may take at the end: a second longer than an answer may. */
const patienceSeconds = 6;
/** The same where somebody pressed Ctrl-C and waits for the prompt. */
const hurriedSeconds = 1;

/** `firedrill stage`: the app under constant load, for everybody to see. */
export function addStageCommand(program: Command): void {
  program
    .command('stage')
    .description('Put the guestbook under constant load, and show what becomes of the requests.')
    .option(
      '--rate <number>',
      `requests a second, 1 to ${mostRate}`,
      wholeNumber({ from: 1, to: mostRate }),
      defaultRate,
    )
    .option(
      '--for <seconds>',
      'end after so many seconds (default: at q or Ctrl-C)',
      wholeNumber({ from: 1, to: mostSeconds }),
    )
    .option('--auto', 'plain lines, also in a terminal')
    .option('--page', 'show it on a page on this computer as well')
    .addHelpText('after', examples)
    .action(async (flags: StageFlags, command: Command) => {
      await perform(contextOf(command), flags);
    });
}

const examples = `
A request has failed when it is refused, reset, not answered with 2xx, or not answered within 5 s. "Healthy" means:
of the requests that were due in a second, 99 of 100 were answered well within one second.
Ends with 0, or with 1 where requests failed. One stage runs on a lab at a time. After Ctrl-C, what is not answered within
a second is counted as under way, neither as answered nor as failed.

Examples:
  firedrill stage                         in the terminal, until you press q
  firedrill stage --page                  and on a page, for a projector
  firedrill stage --rate 8000 --for 60 --auto`;

async function perform(context: Context, flags: StageFlags): Promise<void> {
  const [{ vegetaPath }, { Stage }, { openHistory }, { summaryOf }, { showStage }] = await Promise.all([
    import('../bundle/bundle.ts'),
    import('../stage/stage.ts'),
    import('../stage/history.ts'),
    import('../stage/summary.ts'),
    import('./stage-show.ts'),
  ]);
  const lab = await labWithApp(context);
  const program = await vegetaPath();
  const giveBack = await takeStage(lab);
  const history = openHistory(lab.layout.name);
  const show = showStage(context, flags.auto ?? false);
  const stage = new Stage({ lab, program, rate: flags.rate, recorder: history, onEvent: show.event });
  try {
    history.started(flags.rate);
    await stage.start();
    const page = flags.page ? await openPage(stage) : undefined;
    if (page) show.page(page.url);
    try {
      await show.until(stage, { signal: context.signal, seconds: flags.for });
    } finally {
      await page?.close();
    }
  } finally {
    show.close();
    await stage.stop(context.signal.aborted ? hurriedSeconds : patienceSeconds);
    const { rate } = flags;
    const summary = summaryOf({ rate, seconds: stage.seconds(), causes: stage.causes(), health: stage.health() });
    history.ended(summary);
    await giveBack();
    show.summary(summary, history.path);
    if (summary.failed > 0) process.exitCode = 1;
  }
  if (context.signal.aborted) throw new Interrupted();
}

async function openPage(stage: Stage): Promise<{ url: string; close(): Promise<void> }> {
  const { serveStage } = await import('../stage/page-server.ts');
  return serveStage(stage);
}

/** @throws FiredrillError `lab-missing`, `lab-not-up`, `app-missing`. */
async function labWithApp(context: Context): Promise<Lab> {
  const [{ openLab }, { KubernetesError, patientSeconds }] = await Promise.all([
    import('../lab/open.ts'),
    import('../lab/kubernetes.ts'),
  ]);
  const lab = await openLab(context.lab);
  try {
    const options = { signal: context.signal, timeoutSeconds: patientSeconds };
    await lab.kubernetes.get('/api/v1/namespaces/default/services/guestbook', options);
  } catch (cause) {
    if (context.signal.aborted) throw new Interrupted();
    if (cause instanceof KubernetesError && cause.status === 404) {
      throw new FiredrillError('The guestbook does not run on this lab, so there is nothing to put under load.', {
        code: 'app-missing',
        remedy: "Run it: 'kubectl apply -f app/manifests/guestbook.yaml' in the shell of 'npx firedrill lab shell'.",
      });
    }
    throw new FiredrillError(`The API server of the lab '${context.lab}' does not answer.`, {
      code: 'lab-not-up',
      remedy: "Run 'npx firedrill lab up', or mend what is broken: 'npx firedrill faults list' tells.",
      cause,
    });
  }
  return lab;
}
