import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { stateFolder } from '../system/folders.ts';
import { shown } from '../system/run.ts';
import { lookAtEngine, startCommand, waitForEngine } from './engine.ts';
import { lookAround } from './look.ts';
import { makePlan, nothingToDo, type Plan, type SetupStep } from './plan.ts';
import type { Host } from './host.ts';

/** How setup talks. The commands give it a terminal, tests a list. */
export interface SetupVoice {
  say(text: string): void;
  /** Undefined where nobody can be asked. */
  ask: ((question: string) => Promise<boolean>) | undefined;
  /** Shows that something runs; `tell` shows its latest line of output. */
  during<T>(title: string, action: (tell: (line: string) => void) => Promise<T>): Promise<T>;
}

export interface SetUpOptions {
  host: Host;
  voice: SetupVoice;
  /** Do without asking. */
  yes: boolean;
  /** Whether the bundle is made already, here or elsewhere: then what builds it is not needed. */
  bundleComplete: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * `ready`: the lab can be booted. `new-login-needed`: it can, but by a login that has the group docker.
 * `declined`: the person said no; nothing was changed.
 */
export type SetUpResult = 'ready' | 'new-login-needed' | 'declined';

/** The engine needs a few seconds; a slow disk after an installation up to a minute. */
const engineSeconds = 90;

/** What an engine says that setup started without systemd: a file in the state folder. */
export const engineLog = 'dockerd.log';

/**
 * Finds what is missing on this computer, says what it will do, asks, and does it. Safe to run twice.
 * @throws FiredrillError `setup-needs-yes` (exit code 2) where nobody can be asked; `setup-by-hand` where a person must do
 * something; `setup-failed` with the command that failed and what it said.
 */
export async function setUp(options: SetUpOptions): Promise<SetUpResult> {
  // Only after the first round are the lists of packages fresh, so that a Go can be found in them.
  for (const round of ['first', 'second'] as const) {
    const plan = makePlan(await lookAround(options.host, options));
    if (plan.steps.length === 0) return endOf(plan);
    if (round === 'first') {
      options.voice.say(describePlan(plan, options.host.root));
      if (!(await isAgreed(plan, options))) return 'declined';
      await wakeSudo(options.host);
    }
    for (const step of plan.steps) await carryOut(step, options);
  }
  return endOf(makePlan(await lookAround(options.host, options)));
}

function endOf(plan: Plan): SetUpResult {
  if (nothingToDo(plan)) return plan.needsNewLogin ? 'new-login-needed' : 'ready';
  const left = [...plan.obstacles.map(({ what }) => what), ...plan.steps.map(({ title }) => `Still to do: ${title}.`)];
  throw new FiredrillError(left.join('\n'), {
    code: 'setup-by-hand',
    remedy: plan.obstacles.map(({ remedy }) => remedy).join('\n') || 'Run the same again, and read what it says.',
  });
}

/** What would be done, and what can't be, for a person to read. */
export function describePlan(plan: Plan, root: boolean): string {
  const sudo = root ? '' : 'sudo ';
  const steps = plan.steps.flatMap((step, index) => [
    `  ${index + 1}. ${step.title}.`,
    ...step.commands.map(([file, ...args]) => `       ${sudo}${shown(file, args)}`),
  ]);
  const obstacles = plan.obstacles.flatMap(({ what, remedy }) => [
    what,
    ...remedy.split('\n').map((line) => `  ${line}`),
  ]);
  return [
    ...(steps.length > 0 ? ['The lab needs some things that this computer does not have. Setup will:', ...steps] : []),
    ...obstacles,
  ].join('\n');
}

async function isAgreed(plan: Plan, { yes, voice, host }: SetUpOptions): Promise<boolean> {
  if (yes) return true;
  if (voice.ask) return await voice.ask('Shall I do this?');
  const commands = plan.steps.flatMap(({ commands }) => commands).map(([file, ...args]) => shown(file, args));
  throw new FiredrillError('Setup has to change this computer, and there is nobody to ask.', {
    code: 'setup-needs-yes',
    exitCode: 2,
    remedy: [
      "Say yes beforehand with 'npx firedrill setup --yes'",
      ...(commands.length > 0
        ? [`, or run by hand${host.root ? '' : ' as root'}:\n  ${commands.join('\n  ')}`]
        : ['.']),
    ].join(''),
  });
}

/** Lets sudo ask for its password once, before anything draws over it. */
async function wakeSudo(host: Host): Promise<void> {
  if (host.root) return;
  const answer = await host.run('sudo', ['-v']);
  if (answer.exitCode === 0) return;
  throw new FiredrillError('sudo did not let this user in.', {
    code: 'sudo-refused',
    remedy:
      "Ask somebody who may use sudo here to run 'npx firedrill setup --dry-run' and the commands that it prints.",
  });
}

async function carryOut(step: SetupStep, options: SetUpOptions): Promise<void> {
  if (step.kind === 'start-engine') {
    await startEngine(options);
    return;
  }
  await options.voice.during(step.title, async (tell) => {
    for (const command of step.commands) await asRoot(command, options, tell);
  });
}

async function startEngine(options: SetUpOptions): Promise<void> {
  const { host, voice, signal } = options;
  // Its package may have started it.
  if ((await lookAtEngine(host)).kind !== 'stopped') return;
  const logFile = join(stateFolder(), engineLog);
  await mkdir(stateFolder(), { recursive: true });
  await voice.during('Start the docker engine', async (tell) => {
    await asRoot(await startCommand(host, logFile), options, tell);
    await waitForEngine(host, { logFile, timeoutSeconds: engineSeconds, signal });
  });
}

async function asRoot(
  command: readonly [string, ...string[]],
  { host, signal }: SetUpOptions,
  tell: (line: string) => void,
): Promise<void> {
  const [file, ...args] = host.root ? command : (['sudo', ...command] as const);
  const result = await host.run(file, args, { signal, onLine: tell });
  if (result.exitCode === 0) return;
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-4).join('\n');
  throw new FiredrillError(`${shown(file, args)} failed (exit code ${result.exitCode}).\n${said}`, {
    code: 'setup-failed',
    remedy: remedyFor(said),
  });
}

function remedyFor(said: string): string {
  if (/Could not get lock|is another process using it/i.test(said)) {
    return 'Another program installs packages now. Wait until it is done, and run the same again.';
  }
  if (/Unable to locate package|has no installation candidate/i.test(said)) {
    return 'This release of the system has no such package. Install that program from its own site, and run the same again.';
  }
  if (/Temporary failure resolving|Could not connect|Failed to fetch/i.test(said)) {
    return "The package mirror can't be reached. Is there a network? Then run the same again.";
  }
  return 'Run that command by hand to see more, mend it, and run the same again. Nothing that is done is done twice.';
}
