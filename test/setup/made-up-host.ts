import type { Host } from '../../scripts/setup/host.ts';
import type { CommandResult } from '../../scripts/system/run.ts';

const programs = [
  'docker',
  'dockerd',
  'vagrant',
  'ssh',
  'iptables',
  'mmdebstrap',
  'gcc',
  'pkg-config',
  'go',
  'sudo',
  'newuidmap',
  'sg',
];
const debian = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n';

export interface MadeUpHost extends Host {
  /** Every command line that was run, in order. */
  ran: string[];
  programs: Set<string>;
  files: Map<string, string>;
  /** Answers by how the command line begins; the first that fits. A function may change the host. */
  answers: Map<string, Partial<CommandResult> | (() => Partial<CommandResult>)>;
  reachable: boolean;
}

/** A Debian 12 with systemd on which nothing is missing, and root is at the terminal. */
export function madeUpHost(changes: Partial<MadeUpHost> = {}): MadeUpHost {
  const host: MadeUpHost = {
    platform: 'linux',
    arch: 'x64',
    userName: 'root',
    root: true,
    terminal: true,
    ran: [],
    programs: new Set(programs),
    files: new Map([
      ['/etc/os-release', debian],
      ['/proc/1/comm', 'systemd\n'],
      ['/etc/group', 'root:x:0:\ndocker:x:999:\n'],
      ['/usr/include/stdlib.h', ''],
      ['/usr/include/seccomp.h', ''],
      ['/etc/ssl/certs/ca-certificates.crt', ''],
    ]),
    answers: new Map<string, Partial<CommandResult>>([
      ['docker version', { stdout: '20.10.24\n' }],
      ['docker info', { stdout: '{"CgroupVersion":"2","CgroupDriver":"systemd"}' }],
      ['vagrant --version', { stdout: 'Vagrant 2.3.4\n' }],
      ['/usr/bin/go version', { stdout: 'go version go1.26.8 linux/amd64\n' }],
    ]),
    reachable: true,
    run: (file, args) => {
      const line = [file, ...args].join(' ');
      host.ran.push(line);
      const found = [...host.answers].find(([start]) => line.startsWith(start))?.[1] ?? {};
      const answer = typeof found === 'function' ? found() : found;
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0, ...answer });
    },
    find: (program) => Promise.resolve(host.programs.has(program) ? `/usr/bin/${program}` : undefined),
    read: (path) => Promise.resolve(host.files.get(path)),
    freeMemoryBytes: () => Promise.resolve(8e9),
    freeDiskBytes: () => Promise.resolve(50e9),
    isPortFree: () => Promise.resolve(true),
    reaches: () => Promise.resolve(host.reachable),
    ...changes,
  };
  return host;
}

/** The same computer, used by somebody who may use docker and sudo. */
export function ordinaryUsersHost(changes: Partial<MadeUpHost> = {}): MadeUpHost {
  const host = madeUpHost({ userName: 'ada', root: false, ...changes });
  host.files.set('/etc/group', 'docker:x:999:bob,ada\n');
  return host;
}

export const forbidden: Partial<CommandResult> = {
  exitCode: 1,
  stderr: 'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock\n',
};
export const stopped: Partial<CommandResult> = {
  exitCode: 1,
  stderr: 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n',
};
