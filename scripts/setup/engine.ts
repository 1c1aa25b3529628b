import pWaitFor, { TimeoutError } from 'p-wait-for';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { atLeast, versionIn } from './version.ts';
import type { Host } from './host.ts';

/** What became of asking the docker engine for its version. */
export type EngineState =
  | { kind: 'ready'; version: string }
  /** It answers, and is older than what the lab needs. */
  | { kind: 'old'; version: string }
  /** It runs, and this process may not use it. `member`: the user's next login may. */
  | { kind: 'forbidden'; member: boolean }
  | { kind: 'stopped'; why: string }
  | { kind: 'missing' };

/** Own cgroup namespaces for containers came with it: https://docs.docker.com/engine/release-notes/20.10/ */
export const oldestEngine = '20.10';

export async function lookAtEngine(host: Host): Promise<EngineState> {
  if ((await host.find('docker')) === undefined) return { kind: 'missing' };
  const answer = await host
    .run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutSeconds: 10 })
    .catch((error: unknown) => ({ exitCode: 1, stdout: '', stderr: messageOf(error) }));
  const version = versionIn(answer.stdout);
  if (answer.exitCode === 0 && version !== undefined) {
    return { kind: atLeast(version, oldestEngine) ? 'ready' : 'old', version };
  }
  if (/permission denied/i.test(answer.stderr)) return { kind: 'forbidden', member: await isInDockerGroup(host) };
  if (host.platform === 'linux' && (await host.find('dockerd')) === undefined) return { kind: 'missing' };
  return { kind: 'stopped', why: answer.stderr.trim().split('\n').at(-1) ?? 'no answer' };
}

/** Whether /etc/group lists the user, whatever groups this login was given. */
export async function isInDockerGroup(host: Host): Promise<boolean> {
  const members = /^docker:[^:]*:\d*:(.*)$/m.exec((await host.read('/etc/group')) ?? '')?.[1] ?? '';
  return members.split(',').includes(host.userName);
}

/** Whether systemd runs this computer, by the test of sd_booted(3). */
export const hasSystemd = async (host: Host): Promise<boolean> =>
  (await host.read('/proc/1/comm'))?.trim() === 'systemd';

/** The command that starts the engine, without `sudo`. Without systemd it outlives the program, detached. */
export async function startCommand(host: Host, logFile: string): Promise<readonly [string, ...string[]]> {
  if (await hasSystemd(host)) return ['systemctl', 'enable', '--now', 'docker'];
  return ['setsid', '--fork', 'sh', '-c', 'exec dockerd >"$1" 2>&1 </dev/null', 'dockerd', logFile];
}

/**
 * Waits until the engine answers, even if only to say that this process may not use it.
 * @throws FiredrillError `engine-does-not-start` after `timeoutSeconds`, or as soon as its log says that it gave up.
 */
export async function waitForEngine(
  host: Host,
  options: { logFile: string; timeoutSeconds: number; signal?: AbortSignal | undefined },
): Promise<EngineState> {
  // Where systemd starts the engine, the log file is none or an old one.
  const log = async () => ((await hasSystemd(host)) ? '' : ((await host.read(options.logFile)) ?? ''));
  const answers = async () => {
    const state = await lookAtEngine(host);
    if (state.kind !== 'stopped' && state.kind !== 'missing') return pWaitFor.resolveWith(state);
    if (/failed to start daemon/.test(await log())) throw doesNotStart(await log(), options.logFile);
    return false;
  };
  try {
    return await pWaitFor<EngineState>(answers, {
      interval: 250,
      timeout: options.timeoutSeconds * 1000,
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof TimeoutError) throw doesNotStart(await log(), options.logFile);
    throw error;
  }
}

function doesNotStart(log: string, logFile: string): FiredrillError {
  const said = log.trim().split('\n').slice(-3).join('\n');
  return new FiredrillError(`The docker engine was started and does not answer.${said === '' ? '' : `\n${said}`}`, {
    code: 'engine-does-not-start',
    remedy:
      said === ''
        ? "Read what it said: 'journalctl -u docker -n 30'. Then run the same again."
        : `Read what it said in ${logFile}, and run the same again.`,
  });
}
