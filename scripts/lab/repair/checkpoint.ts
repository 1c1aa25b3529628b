import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError, messageOf } from '../../system/errors.ts';
import { readIfThere, writeAtomically } from '../../system/files.ts';
import { waitUntil } from '../../system/wait.ts';
import { apiServersReady, apiServersTalk, awaitApiServers, etcdHasLeader } from '../health.ts';
import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { restartAgents, stopAgents } from './agents.ts';
import { endControlPlane, startControlPlane } from './control-plane.ts';
import { firstMember, keepKeys, keysPath } from './keys.ts';

/** The checkpoint of the first boot, or of the moment before a fault that only a reset undoes, by its id. */
export const checkpointPath = (lab: Pick<Lab, 'folder'>, fault?: string): string =>
  join(lab.folder, 'checkpoint', fault === undefined ? 'snapshot.db' : `before-${fault}.db`);

/**
 * The checkpoint of the last proven start of a lesson with its app. Pods of then may still run, and a kubelet that is told of
 * them again leaves them alone: a restored app need not be started.
 */
export const startCheckpointPath = (lab: Pick<Lab, 'folder'>): string => join(lab.folder, 'checkpoint', 'start.db');

/** A later checkpoint, where there is one, or else that of the first boot: whether or not that one is there. */
export const laterOrFirst = (lab: Pick<Lab, 'folder'>, later: string | undefined): string =>
  later !== undefined && existsSync(later) ? later : checkpointPath(lab);

/** Removes a checkpoint, if it is there. */
export async function forgetCheckpoint(path: string): Promise<void> {
  await Promise.all([path, keysPath(path)].map((file) => rm(file, { force: true })));
}

/**
 * Keeps a snapshot of etcd on the host, and its keys beside it: the cluster as it is now, to which a reset can go back.
 * @throws FiredrillError `checkpoint-failed`.
 */
export async function takeCheckpoint(
  lab: Pick<Lab, 'folder' | 'machinesWithRole' | 'etcd' | 'on'>,
  path = checkpointPath(lab),
): Promise<void> {
  await mkdir(join(lab.folder, 'checkpoint'), { recursive: true });
  const result = await lab.etcd.ctl(['snapshot', 'save', `${path}.new`], {
    members: [firstMember(lab)],
    timeoutSeconds: 30,
  });
  if (result.exitCode !== 0) throw notKept(result.stderr.trim().split('\n').at(-1) ?? '');
  await keepKeys(lab, path).catch((error: unknown) => {
    throw notKept(messageOf(error));
  });
  await rename(`${path}.new`, path);
}

const notKept = (why: string): FiredrillError =>
  new FiredrillError(`etcd's state could not be kept: ${why}`, {
    code: 'checkpoint-failed',
    remedy: "Look with 'npx firedrill lab status' whether etcd has a leader.",
  });

export interface RestoreOptions {
  signal?: AbortSignal | undefined;
  /** A later checkpoint than that of the first boot. It is used once: where it is no good, the next restore does without. */
  preferred?: string | undefined;
}

/**
 * Puts the checkpoint into **all** members together, as a new cluster with a new token: rolling one member back alone
 * would let it vote on entries that it has forgotten. The revision is raised above all that this lab has ever reached, and
 * everything before it marked as compacted, so that no watcher takes old events for new
 * (https://etcd.io/docs/v3.6/op-guide/recovery/).
 * The API server is stopped meanwhile: it would go on serving its cache of the old world. It serves at the end, though it may
 * not call itself ready for a second, and kubelets, kube-proxies and CoreDNS are started anew.
 * @throws FiredrillError `checkpoint-missing`, `restore-failed`, `waited-in-vain`.
 */
export async function restoreCheckpoint(lab: Lab, options: RestoreOptions = {}): Promise<void> {
  const { preferred } = options;
  const path = laterOrFirst(lab, preferred);
  if (!existsSync(path)) {
    throw new FiredrillError('There is no checkpoint of this lab to go back to.', {
      code: 'checkpoint-missing',
      remedy: "Run 'npx firedrill lab destroy' and 'npx firedrill lab up'.",
    });
  }
  const snapshot = await readFile(path);
  if (path === preferred) await forgetCheckpoint(path);
  const members = lab.machinesWithRole('etcd');
  const revision = (await countRestore(lab)) * revisionsApart;
  const token = `${lab.layout.name}-${Date.now().toString(36)}`;
  const cluster = members.map(({ name, address }) => `${name}=https://${address}:2380`).join(',');
  const signal = options.signal;
  await endOldWorld(lab, signal);
  const restored = members.map(async ({ name, address }) => {
    const script = `
set -e
cat > /var/lib/etcd/checkpoint.db
kept=$(/opt/bin/etcdutl snapshot status /var/lib/etcd/checkpoint.db -w json | sed 's/.*"revision":\\([0-9]*\\).*/\\1/')
rm -rf /var/lib/etcd/data /var/lib/etcd/restored
/opt/bin/etcdutl snapshot restore /var/lib/etcd/checkpoint.db --name ${name} --data-dir /var/lib/etcd/restored \\
  --initial-cluster ${cluster} --initial-cluster-token ${token} --initial-advertise-peer-urls https://${address}:2380 \\
  --bump-revision $((${revision} - kept)) --mark-compacted >/dev/null 2>&1
mv /var/lib/etcd/restored /var/lib/etcd/data
rm -f /var/lib/etcd/checkpoint.db
printf 'ETCD_INITIAL_CLUSTER=${cluster}\\nETCD_INITIAL_CLUSTER_STATE=new\\nETCD_INITIAL_CLUSTER_TOKEN=${token}\\n' > /etc/etcd/cluster.env`;
    const result = await lab.on(name, script, { input: snapshot, signal, timeoutSeconds: 60 });
    if (result.exitCode !== 0) throw notRestored(name, result.stderr);
  });
  // An API server that begins now can read nothing of the world from before: no member runs that holds it.
  await Promise.all([...restored, startControlPlane(lab, signal)]);
  const start = 'systemctl reset-failed etcd; systemctl start --no-block etcd';
  await Promise.all(members.map(({ name }) => lab.on(name, start, { signal })));
  await waitUntil(() => etcdHasLeader(lab), {
    what: 'etcd has a leader after the restore',
    deadlineSeconds: 60,
    signal,
  });
  const answers = { what: 'the API server answers after the restore', deadlineSeconds: 120, everySeconds: 0.1, signal };
  await waitUntil(() => apiServersTalk(lab), answers);
  await Promise.all([
    // Until they first ask for something, it is ready.
    restartAgents(lab, signal),
    waitUntil(() => apiServersReady(lab, { isRestored: true }), answers).then(() => forgetLeaders(lab, signal)),
  ]);
}

const notRestored = (machine: string, why: string): FiredrillError =>
  new FiredrillError(`${machine} could not be restored: ${why.trim()}`, {
    code: 'restore-failed',
    remedy: "Run 'npx firedrill lab destroy' and 'npx firedrill lab up'.",
  });

/**
 * Ends all that knows the world that is to be replaced: etcd's members, the control plane, kubelets and kube-proxies. The
 * kubelets end first: they would start the control plane again.
 */
async function endOldWorld(lab: Lab, signal?: AbortSignal): Promise<void> {
  const endMember = async ({ name }: Machine): Promise<void> => {
    const script = 'systemctl kill --signal=KILL etcd 2>/dev/null; systemctl stop etcd';
    const result = await lab.on(name, script, { signal, timeoutSeconds: 30 });
    if (result.exitCode !== 0) throw notRestored(name, result.stderr);
  };
  await Promise.all([
    ...lab.machinesWithRole('etcd').map(endMember),
    stopAgents(lab, signal).then(() => endControlPlane(lab, signal)),
  ]);
}

/** Whether a machine's member of etcd joined a cluster that was there: its settings say so. */
export async function wasReplaced(lab: Pick<Lab, 'on'>, machine: string, signal?: AbortSignal): Promise<boolean> {
  const asks = 'grep -qx ETCD_INITIAL_CLUSTER_STATE=existing /etc/etcd/cluster.env';
  return (await lab.on(machine, asks, { signal })).exitCode === 0;
}

/**
 * Where a member of etcd was replaced, puts the present state into all members together, as at the first boot, and returns
 * true. A replacement goes by an id that its settings do not give: with an empty disk again it would not be refused as one
 * that is known already. It would begin a cluster of its own, or end in a panic of raft (etcd 3.6: seen).
 * @throws what `takeCheckpoint` and `restoreCheckpoint` throw.
 */
export async function foundAnew(lab: Lab, signal?: AbortSignal): Promise<boolean> {
  const looks = await Promise.all(lab.machinesWithRole('etcd').map(({ name }) => wasReplaced(lab, name, signal)));
  if (!looks.includes(true)) return false;
  const preferred = join(lab.folder, 'checkpoint', 'now.db');
  await takeCheckpoint(lab, preferred);
  await restoreCheckpoint(lab, { preferred, signal });
  await awaitApiServers(lab, { deadlineSeconds: 60, signal });
  return true;
}

/**
 * Controller-manager and scheduler were killed, and in the checkpoint somebody leads: those who begin now would wait until
 * that lease runs out, 6 to 9 s in which no controller works.
 */
async function forgetLeaders(lab: Lab, signal?: AbortSignal): Promise<void> {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const leaders = ['kube-controller-manager', 'kube-scheduler'];
  await Promise.all(leaders.map((name) => lab.kubernetes.remove(`${leases}/${name}`, { signal })));
}

/**
 * A lab's restores begin so many revisions apart. Were each raised by the same, a second restore of one checkpoint would
 * count through the same numbers again, and a kube-proxy that has seen them would wait for what is past. A thousand times
 * more than a learner's own restore raises, and a number that JavaScript keeps exactly nine thousand times.
 */
const revisionsApart = 1_000_000_000_000;

/** How often this lab was restored, this time included. */
async function countRestore({ folder }: Pick<Lab, 'folder'>): Promise<number> {
  const path = join(folder, 'checkpoint', 'restores');
  const count = Number((await readIfThere(path)) ?? 0) + 1;
  await writeAtomically(path, `${count}\n`);
  return count;
}
