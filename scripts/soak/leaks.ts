import { labLabel } from '../lab/docker-machine.ts';
import type { Lab } from '../lab/lab.ts';
import { run } from '../system/run.ts';

/** How much of what a lab may leave behind there is, by a name. */
export type Amounts = Readonly<Record<string, number>>;

/**
 * What may be more than before without being a leak: by the end of the name. Small against a leak of every round.
 * Disk: etcd keeps whole files of 64 MB of its log, and a machine that was made anew unpacks images again.
 */
const slack: readonly [suffix: string, amount: number][] = [
  [' processes', 10],
  [' mounts', 6],
  [' disk MB', 400],
  ['connections', 6],
];

/** Mounts and processes of pods come and go with the pods; those of Kubernetes' own pods are counted. */
const onMachineScript = `
echo "mounts $(grep -v -e /var/lib/kubelet/pods -e /run/containerd -e /run/netns /proc/mounts | wc -l)"
echo "processes $(ls -d /proc/[0-9]* | wc -l)"
echo "rules $(iptables-save | grep '^-A' | grep -vc -e KUBE- -e CNI- -e DOCKER_)"
echo "disk MB $(du -smc /var/lib/etcd /var/lib/kubelet /var/lib/containerd /var/log 2>/dev/null | tail -n 1 | cut -f 1)"`;

/** Counts what the lab has on this computer and on its machines. */
export async function amountsOf(lab: Lab): Promise<Amounts> {
  const filter = ['--filter', `label=${labLabel(lab.layout.name)}`];
  const counted: Record<string, number> = {};
  const count = async (name: string, file: string, args: readonly string[]): Promise<void> => {
    const { stdout } = await run(file, args, { timeoutSeconds: 30 });
    counted[name] = stdout.split('\n').filter((line) => line !== '').length;
  };
  await Promise.all([
    count('containers', 'docker', ['ps', '--all', '--quiet', ...filter]),
    count('volumes', 'docker', ['volume', 'ls', '--quiet', ...filter]),
    count('networks', 'docker', ['network', 'ls', '--quiet', ...filter]),
    count('connections', 'pgrep', ['--full', `labs/${lab.layout.name}/`]),
    ...lab.layout.machines.map(async ({ name }) => {
      const { stdout } = await lab.on(name, onMachineScript, { timeoutSeconds: 60 });
      for (const [, what = '', amount] of stdout.matchAll(/^(.+) (\d+)$/gm))
        counted[`${name} ${what}`] = Number(amount);
    }),
  ]);
  return counted;
}

/** What has grown more than it may, as sentences; none: nothing leaked. */
export function leaks(before: Amounts, after: Amounts): string[] {
  return Object.entries(after).flatMap(([name, amount]) => {
    const was = before[name] ?? 0;
    const may = slack.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 0;
    return amount > was + may ? [`${name}: ${amount}, was ${was}`] : [];
  });
}
