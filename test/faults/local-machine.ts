import { execa, execaSync } from 'execa';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stand-ins for what only a machine with systemd as its first process has. `service` and `timer` units are files. */
const shims = {
  // Starts and stops a sleeping process for each unit; `firedrill-undo-*` are the timers that systemd-run made.
  systemctl: `#!/bin/sh
exec 9>&-
units=/srv/units
verb=$1; shift
quiet=; for unit; do [ "$unit" != --quiet ] || quiet=yes; done
case $unit in firedrill-undo-*) ;; *) unit=\${unit%.service} ;; esac
case $verb in
  start) [ -e $units/$unit ] && [ -d /proc/$(cat $units/$unit) ] || { setsid sleep 1000 >/dev/null 2>&1 & echo $! > $units/$unit; } ;;
  stop) case $unit in firedrill-undo-*) rm -f /srv/timers/\${unit%.*} ;; *) [ ! -e $units/$unit ] || kill -9 $(cat $units/$unit) 2>/dev/null; rm -f $units/$unit ;; esac ;;
  kill) [ -e $units/$unit ] && kill -9 $(cat $units/$unit) 2>/dev/null ;;
  is-active) state=inactive; [ ! -e $units/$unit ] || [ ! -d /proc/$(cat $units/$unit) ] || state=active
    [ -n "$quiet" ] || echo $state; [ $state = active ] ;;
  show) cat $units/$unit 2>/dev/null || echo 0 ;;
  reset-failed) [ -d /proc/$(cat $units/$unit) ] || rm -f $units/$unit ;;
esac
`,
  // The timer never fires by itself: a test fires it.
  'systemd-run': `#!/bin/sh
for word; do case $word in --unit=*) unit=\${word#--unit=} ;; esac; done
while case $1 in --*) true ;; *) false ;; esac; do shift; done
echo "$@" > /srv/timers/$unit
`,
};

const setUp = `
mount --make-rprivate /
mount -t tmpfs t /mnt
mkdir -p /mnt/etc/firedrill /mnt/etc/kubernetes
for name in alternatives passwd group protocols ld.so.cache nsswitch.conf iproute2; do [ ! -e /etc/$name ] || cp -a /etc/$name /mnt/etc/; done
mount --bind /mnt/etc /etc
umount -l /mnt
for folder in /run /srv /var/lib; do mount -t tmpfs t $folder; done
mkdir -p /srv/units /srv/timers /srv/disk
echo drill-lab > /etc/firedrill/lab
ip link set lo up
ip link add eth0 type veth peer name far
ip address add 10.0.3.21/24 dev eth0
ip link set eth0 up
ip link set far up
ip route add 10.2.22.0/24 via 10.0.3.22
iptables -A FORWARD -s 10.2.0.0/16 -j ACCEPT
echo manifest > /etc/kubernetes/scheduler.yaml
chmod 640 /etc/kubernetes/scheduler.yaml
chown 7:8 /etc/kubernetes/scheduler.yaml
echo abcdef > /srv/disk/0.wal
mkdir -p /var/lib/etcd/data/member/wal
head -c 100 /dev/zero | tr '\\0' x > /var/lib/etcd/data/member/wal/0.wal
systemctl start etcd
`;

/** What a fault may change, in a form that can be compared: rules, routes, queues, units, mounts, files, timers. */
const fingerprint = `
iptables-save | grep -v '^#' | sed 's/\\[[0-9:]*\\]//' | grep -e '^-A' -e FIREDRILL
ip route show; tc qdisc show dev eth0
for unit in $(ls -d /srv/units/* 2>/dev/null); do echo "$unit $(sed 's/.*) //' /proc/$(cat $unit)/stat | cut -c 1 | tr RD SS)"; done
# Those of the host's containers go away when they do.
cut -d ' ' -f 1-4 /proc/mounts | grep -v ' /[^ ]*/docker/'
for file in $(find /etc/kubernetes /srv/disk /var/lib -type f); do stat -c '%n %a %u %g' $file; cat $file; done
ls -A /srv/timers /run/firedrill/faults /run/firedrill 2>/dev/null | grep -v -e refused -e lease -e lock -e faults -e : -e '^$'
true`;

/** A machine made of Linux namespaces: its own network, mounts and processes, and real iptables, routes and files. */
export class LocalMachine {
  readonly #init: ChildProcess;
  /** Process whose namespaces a command enters, and the folder of stand-ins: all that another process needs to know. */
  readonly handle: { pid: number; shims: string };

  private constructor(init: ChildProcess, shims: string) {
    this.#init = init;
    this.handle = { pid: Number(execaSync('pgrep', ['-P', String(init.pid)]).stdout.trim()), shims };
  }

  static async start(): Promise<LocalMachine> {
    const shimFolder = mkdtempSync(join(tmpdir(), 'firedrill-shims-'));
    for (const [name, text] of Object.entries(shims)) writeFileSync(join(shimFolder, name), text, { mode: 0o755 });
    // The first process of the namespace buries the dead, as systemd does, and takes all with it when it ends.
    const first = 'echo up; while :; do sleep 1000 & wait; done';
    const init = spawn('unshare', [...asRoot, '-pnm', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', first], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(init.stdout, 'data');
    const machine = new LocalMachine(init, shimFolder);
    const done = machine.run(`set -e\n${setUp}`);
    if (done.exitCode !== 0) throw new Error(`The local machine cannot be set up: ${done.stderr}`);
    return machine;
  }

  run(command: string): { exitCode: number; stdout: string; stderr: string } {
    return runIn(this.handle, command);
  }

  fingerprint(): string {
    return this.run(fingerprint).stdout;
  }

  /** The same, for a test beside which others go on. */
  async fingerprintSoon(): Promise<string> {
    const { pid, shims: shimFolder } = this.handle;
    const env = { PATH: machinePath(shimFolder) };
    return (await execa('nsenter', [...enterArguments(pid), 'sh', '-c', fingerprint], { env, reject: false })).stdout;
  }

  /** As if time had passed: every lease is over, and no timer has noticed yet. */
  endLeases(): void {
    this.run('for fault in /run/firedrill/faults/*; do echo 0 > $fault/deadline; done');
  }

  /** What systemd would run when a lease is over. */
  fireTimers(): void {
    this.run('for timer in /srv/timers/*; do sh -c "$(cat $timer)"; rm -f $timer; done');
  }

  stop(): void {
    this.#init.kill('SIGKILL');
    rmSync(this.handle.shims, { recursive: true, force: true });
  }
}

const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];

export function runIn(
  { pid, shims: shimFolder }: { pid: number; shims: string },
  command: string,
): { exitCode: number; stdout: string; stderr: string } {
  const result = execaSync('nsenter', [...enterArguments(pid), 'sh', '-c', command], {
    reject: false,
    env: { PATH: machinePath(shimFolder) },
  });
  return { exitCode: result.exitCode ?? 137, stdout: result.stdout, stderr: result.stderr };
}

export const enterArguments = (pid: number): string[] => [
  ...(asRoot.length === 0 ? [] : ['-U', '--preserve-credentials']),
  ...['-t', String(pid), '-m', '-n', '-p'],
];
export const machinePath = (shimFolder: string): string => `${shimFolder}:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Why no such machine can be made here, or undefined. */
export function whyNoLocalMachine(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux namespaces';
  const tried = execaSync('unshare', [...asRoot, '-pnm', '--fork', '--mount-proc', 'iptables', '-S'], {
    reject: false,
  });
  return tried.exitCode === 0
    ? undefined
    : `namespaces or iptables cannot be used here: ${tried.stderr || tried.message || ''}`;
}
