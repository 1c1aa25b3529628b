import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { FiredrillError } from '../system/errors.ts';
import { run, type CommandResult } from '../system/run.ts';
import type { Layout, Machine } from './layout.ts';
import type { OnMachineOptions } from './lab.ts';

const defaultTimeoutSeconds = 20;
/** What ssh itself says when it gets no further; a command on the machine that exits with 255 says something else. */
const sshFailed =
  /^(ssh:|kex_|Connection (to|closed|reset|timed)|mux_|Timeout|client_loop|Control socket|.*Connection (refused|reset|timed out)|.*closed by remote host)/m;

/** Sockets have a limit of about 100 bytes for their path, so they cannot stay with the lab's other files. */
export function connectionFolder(labFolder: string): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const base = runtime && existsSync(runtime) ? runtime : tmpdir();
  const mark = createHash('sha256').update(labFolder).digest('hex').slice(0, 8);
  return join(base, `firedrill-${userInfo().uid}-${mark}`);
}

export const sshConfigPath = (labFolder: string): string => join(labFolder, 'ssh', 'config');

/** Flatcar lets nobody log in as root; a container of ours does. */
export const sshUser = (layout: Layout): string => (layout.provider === 'docker' ? 'root' : 'core');

/** The ssh configuration of the lab: every machine by its name. For us, for the learner's shell, for VS Code. */
export function renderSshConfig(layout: Layout, labFolder: string): string {
  const hosts = layout.machines.map((machine) =>
    [`Host ${machine.name}`, `  HostName 127.0.0.1`, `  Port ${machine.publishedPorts[22] ?? 22}`].join('\n'),
  );
  const all = [
    'Host *',
    `  User ${sshUser(layout)}`,
    `  IdentityFile "${join(labFolder, 'ssh', 'id')}"`,
    '  IdentitiesOnly yes',
    '  StrictHostKeyChecking no',
    '  UserKnownHostsFile /dev/null',
    '  LogLevel ERROR',
    '  ConnectTimeout 5',
    // The packets stay on this computer: against a quantum computer, as newer versions choose, it takes 6 times as long.
    '  KexAlgorithms ^curve25519-sha256',
    '  ServerAliveInterval 2',
    '  ServerAliveCountMax 3',
    `  ControlPath "${join(connectionFolder(labFolder), '%n')}"`,
  ].join('\n');
  return [...hosts, all, ''].join('\n\n');
}

/** One kept connection a machine. A command over it costs tens of milliseconds. */
export class Connections {
  readonly #labFolder: string;
  readonly #opening = new Map<string, Promise<void>>();

  constructor(labFolder: string) {
    this.#labFolder = labFolder;
  }

  /** @throws FiredrillError `machine-unreachable` where the machine does not answer. */
  async run(machine: Machine, command: string, options: OnMachineOptions = {}): Promise<CommandResult> {
    await this.#open(machine);
    const timeoutSeconds = options.timeoutSeconds ?? defaultTimeoutSeconds;
    const result = await run('ssh', ['-F', sshConfigPath(this.#labFolder), machine.name, '--', command], {
      timeoutSeconds,
      signal: options.signal,
      input: options.input,
    }).catch((error: unknown) => {
      if (!(error instanceof FiredrillError) || error.code !== 'command-timed-out') throw error;
      const { code, remedy } = error;
      throw new FiredrillError(`${machine.name} gave no answer within ${timeoutSeconds} s.`, { code, remedy });
    });
    if (result.exitCode === 255 && sshFailed.test(result.stderr)) {
      throw new FiredrillError(`${machine.name} does not answer: ${result.stderr.trim().split('\n').at(-1) ?? ''}`, {
        code: 'machine-unreachable',
        remedy: "'npx firedrill lab status' tells which machines run; 'npx firedrill lab up' starts what does not.",
      });
    }
    return result;
  }

  #open(machine: Machine): Promise<void> {
    const socket = join(connectionFolder(this.#labFolder), machine.name);
    if (existsSync(socket)) return Promise.resolve();
    const opening = this.#opening.get(machine.name) ?? this.#openNow(machine);
    this.#opening.set(machine.name, opening);
    return opening.finally(() => this.#opening.delete(machine.name));
  }

  async #openNow(machine: Machine): Promise<void> {
    await mkdir(connectionFolder(this.#labFolder), { recursive: true, mode: 0o700 });
    // It stays in the background, so it must not hold our output open. Where it fails, the command itself says why.
    const master = ['-fNM', '-o', 'ControlPersist=300', '-F', sshConfigPath(this.#labFolder), machine.name];
    await execa('ssh', master, { stdio: 'ignore', reject: false, timeout: 10_000 });
  }
}

/** Ends every kept connection of a lab. */
export async function closeConnections(layout: Layout, labFolder: string): Promise<void> {
  await Promise.all(layout.machines.map(({ name }) => closeConnection(name, labFolder)));
  await rm(connectionFolder(labFolder), { recursive: true, force: true });
}

/** Ends the kept connection to one machine, where there is one. */
export async function closeConnection(machine: string, labFolder: string): Promise<void> {
  const socket = join(connectionFolder(labFolder), machine);
  if (!existsSync(socket)) return;
  await run('ssh', ['-F', sshConfigPath(labFolder), '-O', 'exit', machine], { timeoutSeconds: 5 });
  await rm(socket, { force: true });
}
