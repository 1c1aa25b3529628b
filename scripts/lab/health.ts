import type { EtcdMember, Lab } from './lab.ts';
import { runsKubelet } from './layout.ts';
import { joinersOfAPerson } from './scale/joiner.ts';
import { waitUntil, type WaitOptions } from '../system/wait.ts';
import { isTrue, type Condition } from './conditions.ts';

interface NodeList {
  items: { metadata: { name: string }; status: { conditions?: Condition[] } }[];
}

const allNodes = async (lab: Lab, options?: { timeoutSeconds: number }): Promise<NodeList['items']> =>
  (await lab.kubernetes.get<NodeList>('/api/v1/nodes', options)).items;

const namesOfReady = (nodes: NodeList['items']): string[] =>
  nodes.filter(({ status }) => isTrue(status.conditions, 'Ready')).map(({ metadata }) => metadata.name);

/** Names of the nodes whose condition Ready is True. */
export async function readyNodes(lab: Lab, options?: { timeoutSeconds: number }): Promise<string[]> {
  return namesOfReady(await allNodes(lab, options));
}

/** Whether every machine with a kubelet is a Ready node. One that waits for a person to let it in is none yet. */
export async function nodesReady(lab: Lab): Promise<boolean> {
  const nodes = await allNodes(lab);
  const ready = namesOfReady(nodes);
  const waiting = (await joinersOfAPerson(lab)).filter((name) => !nodes.some(({ metadata }) => metadata.name === name));
  return lab.layout.machines.filter(runsKubelet).every(({ name }) => ready.includes(name) || waiting.includes(name));
}

/** Waits until every machine lets us in. @throws FiredrillError `waited-in-vain`, naming one that does not. */
export async function machinesAnswer(
  lab: Lab,
  options: { deadlineSeconds: number; signal?: AbortSignal | undefined },
): Promise<void> {
  const letsUsIn = async (name: string) => (await lab.on(name, 'true', { timeoutSeconds: 5 })).exitCode === 0;
  await Promise.all(
    lab.layout.machines.map(({ name }) => waitUntil(() => letsUsIn(name), { what: `${name} answers`, ...options })),
  );
}

/**
 * What an API server that has just begun looks for, once a second, before it calls itself ready: Kubernetes' own roles and
 * priority classes. A restored etcd has them.
 * https://kubernetes.io/docs/reference/using-api/health-checks/#api-endpoints-for-health
 */
const looksForItsOwn = [
  'poststarthook/rbac/bootstrap-roles',
  'poststarthook/scheduling/bootstrap-system-priority-classes',
];

/** Whether the API server of every controller says that it is ready; after a restore, but for what etcd holds already. */
export async function apiServersReady(lab: Lab, { isRestored = false } = {}): Promise<boolean> {
  const looks = await lab.kubernetes.servers(isRestored ? { without: looksForItsOwn } : {});
  return looks.length > 0 && looks.every(({ ready }) => ready);
}

/** Whether the API server of some controller serves what etcd holds; it may still look for its own. */
export async function anApiServerServes(lab: Lab): Promise<boolean> {
  const looks = await lab.kubernetes.servers({ timeoutSeconds: 3, without: looksForItsOwn });
  return looks.some(({ ready }) => ready);
}

/** Whether the API server of every controller answers at all. Throws where one does not. It may not let anybody in yet. */
export async function apiServersTalk(lab: Lab): Promise<boolean> {
  const controllers = lab.machinesWithRole('controller');
  await Promise.all(controllers.map(({ name: of }) => lab.kubernetes.get('/version', { of, timeoutSeconds: 1 })));
  return true;
}

/** Waits until `apiServersReady`. @throws FiredrillError `waited-in-vain`. */
export const awaitApiServers = (
  lab: Lab,
  options: Pick<WaitOptions, 'deadlineSeconds' | 'signal' | 'remedy'>,
): Promise<void> => waitUntil(() => apiServersReady(lab), { what: 'the API server answers', ...options });

/** Whether all members of etcd answer and one of them leads. */
export const etcdHasLeader = async (lab: Lab): Promise<boolean> => isWhole(await lab.etcd.members());

export const isWhole = (members: readonly EtcdMember[]): boolean =>
  members.every(({ answers }) => answers) && members.some(({ isLeader }) => isLeader);

/** Whether a majority of the lab's members answers and sees a leader: a third member may be gone. */
export const isLed = (members: readonly EtcdMember[]): boolean =>
  members.filter(({ answers, leaderId }) => answers && leaderId !== undefined).length > members.length / 2;

/** For a message: "e1 leads; e2 does not answer (connection refused); e3 answers". */
export const membersInWords = (members: readonly EtcdMember[]): string =>
  members
    .map(({ name, answers, isLeader, why }) => {
      if (!answers) return `${name} does not answer${why === undefined ? '' : ` (${why})`}`;
      return `${name} ${isLeader ? 'leads' : 'answers'}`;
    })
    .join('; ');

/** Waits until `dnsAnswers`. @throws FiredrillError `waited-in-vain`. */
export async function awaitDns(
  lab: Lab,
  options: Pick<WaitOptions, 'deadlineSeconds' | 'signal' | 'remedy'>,
): Promise<void> {
  await waitUntil(() => dnsAnswers(lab), { what: 'DNS answers from a pod', ...options });
}

interface PodList {
  items: { metadata: { name: string }; status?: { conditions?: Condition[] } }[];
}

/** Whether a pod gets the address of the Service `kubernetes` from the cluster's DNS. */
export async function dnsAnswers(lab: Lab): Promise<boolean> {
  // A look over the kept connection costs a hundredth of a `kubectl exec`: that one is for when it can succeed.
  if (!(await readyPod(lab, 'kube-system', 'k8s-app=kube-dns'))) return false;
  const toolbox = await readyPod(lab, 'default', 'app=toolbox');
  if (!toolbox) return false;
  const look = `kubectl exec ${toolbox} -- dig +short +time=1 +tries=1 kubernetes.default.svc.cluster.local`;
  // Starting kubectl takes most of it where the computer is busy.
  const result = await lab.onHost(look, { timeoutSeconds: 15 });
  return result.exitCode === 0 && result.stdout.trim() === '10.3.0.1';
}

/** Name of one of them that is Ready. */
async function readyPod(lab: Lab, namespace: string, selector: string): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  const { items } = await lab.kubernetes.get<PodList>(path);
  return items.find(({ status }) => isTrue(status?.conditions, 'Ready'))?.metadata.name;
}
