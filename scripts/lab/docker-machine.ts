import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from '../bundle/bundle.ts';
import { runsKubelet, type Layout, type Machine } from './layout.ts';

export const containerName = (layout: Layout, machine: Machine): string => `${layout.name}-${machine.name}`;
export const labLabel = (name: string): string => `firedrill.lab=${name}`;

/** Docker volumes of a machine, by the folder in it that must not sit on overlayfs. */
export function volumesOf(layout: Layout, machine: Machine): Record<string, string> {
  const container = containerName(layout, machine);
  return {
    ...(machine.roles.includes('etcd') ? { '/var/lib/etcd': `${container}-etcd` } : {}),
    ...(runsKubelet(machine)
      ? { '/var/lib/containerd': `${container}-containerd`, '/var/lib/kubelet': `${container}-kubelet` }
      : {}),
  };
}

/** What `-v` of `docker create` is given: volumes, the bundle and the machine's cloud-config. */
export const mountsOf = (layout: Layout, machine: Machine, bundle: Bundle, labFolder: string): string[] => [
  ...Object.entries(volumesOf(layout, machine)).map(([folder, volume]) => `${volume}:${folder}`),
  `${bundle.bin}:/opt/bin:ro`,
  ...(runsKubelet(machine) ? [`${bundle.cni}:/opt/cni:ro`, `${bundle.older}:/opt/older:ro`] : []),
  `${join(labFolder, 'cloud-config', machine.name)}:/var/lib/cloud/seed/nocloud:ro`,
];

/**
 * What a controller's machine may have of busy processors, beside 1024 of each other machine. Everything waits for the
 * control plane while six machines boot on two cores. Later an API server that starts must not take what the app needs.
 */
export const cpuShares = { boot: 4096, later: 1024 } as const;

/** A container that runs systemd, as kind's nodes do (https://kind.sigs.k8s.io/docs/design/node-image/). */
export async function createArguments(layout: Layout, machine: Machine): Promise<string[]> {
  return [
    ...(await capabilities()).flatMap((name) => ['--cap-add', name]),
    ...['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'].flatMap((o) => ['--security-opt', o]),
    ...['--device', '/dev/kmsg', '--device-cgroup-rule', 'a *:* rwm'],
    ...(machine.roles.includes('controller') ? ['--cpu-shares', String(cpuShares.boot)] : []),
    ...['--cgroupns', 'private', '--stop-signal', 'SIGRTMIN+3'],
    ...['/run', '/run/lock', '/tmp:exec'].flatMap((folder) => ['--tmpfs', folder]),
    ...['--network', layout.name, '--ip', machine.address, '--network-alias', machine.name],
    ...['--label', labLabel(layout.name), '--label', `firedrill.machine=${machine.name}`],
  ];
}

/** Bits of Linux capabilities by number, up to those that docker 20.10 knows (linux/capability.h). */
const capabilityNames = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP'],
  ...['LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER'],
  ...['SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE'],
  ...['SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP'],
  ...['MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ'],
];

/**
 * Each capability that the host itself has. `--privileged` asks for all, and is refused where the host lacks one.
 * The bounding set of this process is the host's, unless docker runs elsewhere (macOS, Windows): then it has all.
 */
async function capabilities(): Promise<string[]> {
  if (process.platform !== 'linux') return capabilityNames;
  const status = await readFile('/proc/self/status', 'utf8');
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return capabilityNames.filter((_, bit) => ((bounding >> BigInt(bit)) & 1n) === 1n);
}
