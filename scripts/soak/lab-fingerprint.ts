import type { Lab } from '../lab/lab.ts';
import { messageOf } from '../system/errors.ts';

/** What a fault may change on a machine. Without what changes by itself: counters, rules that follow the pods, docker's own DNS. */
const script = `
iptables-save | grep -e '^-A' -e '^:FIREDRILL' | sed 's/ \\[.*//' | grep -v -e KUBE- -e CNI- -e DOCKER_ | sort
ip -4 route show | sed 's/ \\(linkdown\\|dead\\)\\b//g' | sort
tc qdisc show dev eth0 | grep -e tbf -e netem
for unit in etcd containerd kubelet kube-proxy; do echo "$unit $(systemctl is-active $unit)"; done
find /etc/kubernetes /etc/cni -type f -exec sha256sum {} + | sort
find /etc/kubernetes /etc/cni /etc/etcd -printf '%p %m %U %G\\n' | sort
grep firedrill- /proc/mounts | cut -d ' ' -f 1-3
find /run/firedrill/faults /var/lib/firedrill -mindepth 1 2>/dev/null
ls -A /run/firedrill 2>/dev/null | grep -e new- -e old- -e below-
find /var/lib/etcd -name '.*firedrill*' 2>/dev/null
systemctl list-units --all --plain --no-legend 'firedrill-undo-*' | cut -d ' ' -f 1
for process in /proc/[0-9]*; do [ "$(sed 's/.*) //' $process/stat 2>/dev/null | cut -c 1)" != T ] || echo "frozen $(cat $process/comm)"; done
true`;

/** The state of every machine and of the cluster, as lines that can be compared. */
export async function labFingerprint(lab: Lab): Promise<string> {
  const machines = lab.layout.machines.map(async ({ name }) => {
    const { stdout } = await lab.on(name, script);
    return stdout.replaceAll(/^/gm, `${name}: `);
  });
  return (await Promise.all([...machines, etcdLines(lab), nodeLines(lab)])).join('\n');
}

async function etcdLines(lab: Lab): Promise<string> {
  const members = await lab.etcd.members();
  return members.map(({ name, answers }) => `etcd ${name} ${answers ? 'answers' : 'is silent'}`).join('\n');
}

interface NodeList {
  items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
}

async function nodeLines(lab: Lab): Promise<string> {
  const { items } = await lab.kubernetes.get<NodeList>('/api/v1/nodes');
  const ready = ({ status }: NodeList['items'][number]) =>
    status.conditions.find(({ type }) => type === 'Ready')?.status;
  return items.map((node) => `node ${node.metadata.name} Ready ${ready(node) ?? 'Unknown'}`).join('\n');
}

/** Waits until the lab is again what it was; returns the lines that still differ (none: it is). */
export async function differenceAfter(lab: Lab, before: string, seconds: number): Promise<string[]> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const difference = await differenceNow(lab, before);
    if (difference.length === 0 || Date.now() > deadline) return difference;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function differenceNow(lab: Lab, before: string): Promise<string[]> {
  try {
    const [was, is] = [before.split('\n'), (await labFingerprint(lab)).split('\n')];
    const [had, has] = [new Set(was), new Set(is)];
    return [
      ...was.filter((line) => !has.has(line)).map((line) => `- ${line}`),
      ...is.filter((line) => !had.has(line)).map((line) => `+ ${line}`),
    ];
  } catch (error) {
    return [`? ${messageOf(error)}`];
  }
}
