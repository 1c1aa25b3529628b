import { inPod } from '../../scripts/checks/network.ts';
import { machineCheck } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

/** The stations between two pods, read from the lab. Each is undefined where nobody can tell now. */
type Reading = (lab: Lab) => Promise<string | undefined>;

/** Address of a pod in the namespace `default`. */
export const addressOfPod =
  (name: string): Reading =>
  async (lab) => {
    const pod = await lab.kubernetes.get<{ status?: { podIP?: string } }>(`/api/v1/namespaces/default/pods/${name}`);
    return pod.status?.podIP;
  };

/** Address and first port of a Service in the namespace `default`. */
export const addressOfService =
  (name: string): Reading =>
  async (lab) => {
    const path = `/api/v1/namespaces/default/services/${name}`;
    const { spec } = await lab.kubernetes.get<{ spec: { clusterIP?: string; ports?: { port: number }[] } }>(path);
    const port = spec.ports?.[0]?.port;
    return spec.clusterIP === undefined || port === undefined ? undefined : `${spec.clusterIP}:${port}`;
  };

/** The neighbour that a machine's kernel hands a packet for this address to. */
export const nextHop =
  (machine: string, address: string): Reading =>
  async (lab) => {
    const result = await lab.on(machine, `ip route get ${address}`, { timeoutSeconds: 3 });
    return / via (\S+)/.exec(result.stdout)?.[1];
  };

/** The machine's end of the cable whose other end is `eth0` of a pod. */
export const cableOf =
  (pod: string, machine: string): Reading =>
  async (lab) => {
    const [inside, outside] = await Promise.all([
      inPod(lab, pod, 'cat /sys/class/net/eth0/iflink'),
      lab.on(machine, 'ip -oneline link', { timeoutSeconds: 3 }),
    ]);
    if (inside.kind !== 'ran') return undefined;
    return new RegExp(`^${inside.stdout}: ([^@:]+)`, 'm').exec(outside.stdout)?.[1];
  };

/** kube-proxy has written a rule for this Service (`namespace/name`) on the node. */
export function ruleOnNode(machine: string, service: string): Check {
  const claim = `${machine} has rules for the Service ${service}`;
  return machineCheck(claim, async (lab) => {
    const result = await lab.on(machine, `iptables-save -t nat | grep -cw -e '${service}'`, { timeoutSeconds: 5 });
    // grep exits with 1 where nothing matches, and prints 0.
    if (result.exitCode > 1) return unknown(`${machine} does not show its rules`);
    const count = Number(result.stdout.trim());
    return count > 0 ? met(`${count} lines mention ${service}`) : unmet(`no rule on ${machine} mentions it`, claim);
  });
}
