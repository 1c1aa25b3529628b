import { patientSeconds } from '../lab/kubernetes.ts';
import type { Lab } from '../lab/lab.ts';
import type { Machine } from '../lab/layout.ts';
import { runsKubelet } from '../lab/layout.ts';

/** What a lab is made of, as lines that can be compared before and after a lesson. */
export type Fingerprint = readonly string[];

interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  ownerReferences?: { kind: string; name: string }[];
  deletionTimestamp?: string;
}
interface List {
  items: { metadata: Metadata; spec?: { taints?: object[]; unschedulable?: boolean; replicas?: number } }[];
}

/** Objects whose names are compared, by API path, in the namespaces that lessons use. */
const kinds = [
  ['namespace', '/api/v1/namespaces'],
  ['deployment', '/apis/apps/v1/deployments'],
  ['stateful set', '/apis/apps/v1/statefulsets'],
  ['daemon set', '/apis/apps/v1/daemonsets'],
  ['service', '/api/v1/services'],
  ['config map', '/api/v1/configmaps'],
  ['secret', '/api/v1/secrets'],
  ['volume claim', '/api/v1/persistentvolumeclaims'],
  ['volume', '/api/v1/persistentvolumes'],
] as const;

/** Rules of kube-proxy and the portmap plug-in come and go with Services: they are not counted. */
const machineScript = `
echo "iptables rules: $(iptables-save 2>/dev/null | grep '^-A' | grep -cv -e KUBE -e CNI -e DOCKER)"
ip route | grep -v '^default' | sed 's/ *$/ /; s/^/route: /' | sort
systemctl list-units --failed --plain --no-legend | awk '{ print "failed unit: " $1 }'
ls /etc/kubernetes/manifests 2>/dev/null | sed 's/^/manifest: /'
systemctl list-units --all --plain --no-legend 'firedrill-*' 'fault-*' | awk '{ print "unit: " $1 }'
true`;

/** Looks at objects, nodes, and each machine's rules, routes, failed units and manifests. @throws what `Lab` throws. */
export async function fingerprintOf(lab: Lab): Promise<Fingerprint> {
  const parts = await Promise.all([
    ...kinds.map(([kind, path]) => objects(lab, kind, path)),
    podOwners(lab),
    nodes(lab),
    ...lab.layout.machines.map((machine) => onMachine(lab, machine)),
  ]);
  return parts.flat().sort();
}

/**
 * What the steps of a lesson left behind, and what they took away. What preparing the lesson brought may stay or be
 * removed: both are a known state.
 */
export function differences(before: Fingerprint, prepared: Fingerprint, after: Fingerprint): string[] {
  return [
    ...after.filter((line) => !before.includes(line) && !prepared.includes(line)).map((line) => `new: ${line}`),
    ...before.filter((line) => prepared.includes(line) && !after.includes(line)).map((line) => `gone: ${line}`),
  ];
}

/** What is leaving does not count. */
async function stayingOf(lab: Lab, path: string): Promise<List['items']> {
  const { items } = await lab.kubernetes.get<List>(path, { timeoutSeconds: patientSeconds });
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

async function objects(lab: Lab, kind: string, path: string): Promise<string[]> {
  return (await stayingOf(lab, path)).map(({ metadata, spec }) => {
    const replicas = spec?.replicas === undefined ? '' : ` with ${spec.replicas} replicas`;
    return `${kind} ${inNamespace(metadata)}${replicas}`;
  });
}

/** Pods have new names after each restart; their owners do not (but for the hash of a replica set). */
async function podOwners(lab: Lab): Promise<string[]> {
  const owners = (await stayingOf(lab, '/api/v1/pods')).map(({ metadata }) => {
    const owner = metadata.ownerReferences?.[0];
    const name = owner === undefined ? metadata.name : owner.name.replace(/-[a-z0-9]{6,10}$/, '');
    return `pod of ${metadata.namespace ?? ''}/${name}`;
  });
  return [...new Set(owners)];
}

async function nodes(lab: Lab): Promise<string[]> {
  return (await stayingOf(lab, '/api/v1/nodes')).map(({ metadata, spec }) => {
    const labels = Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
    const taints = (spec?.taints ?? []).map((taint) => {
      // When a taint was set is no part of what it is.
      const { key, effect } = taint as { key?: string; effect?: string };
      return `${key ?? ''}:${effect ?? ''}`;
    });
    const cordoned = spec?.unschedulable ? ' unschedulable' : '';
    return `node ${metadata.name}: ${[...labels, ...taints].sort().join(' ')}${cordoned}`;
  });
}

async function onMachine(lab: Lab, machine: Machine): Promise<string[]> {
  const { stdout } = await lab.on(machine.name, machineScript);
  const routes = runsKubelet(machine) ? () => true : (line: string) => !line.startsWith('route: 10.2.');
  return stdout
    .split('\n')
    .filter((line) => line !== '' && routes(line))
    .map((line) => `${machine.name}: ${line.trimEnd()}`);
}

const inNamespace = ({ namespace, name }: Metadata): string =>
  namespace === undefined ? name : `${namespace}/${name}`;
