import type { Lab } from '../lab/lab.ts';
import { counted, lastLine, listed, lookSeconds, machineCheck, statusOf } from './looking.ts';
import { met, unknown, unmet, type Check, type Verdict } from './verdict.ts';

/** What `etcdutl snapshot status` tells of a file. */
interface SnapshotStatus {
  revision: number;
  totalKey: number;
}

/** No member of etcd has data on its disk any more. */
export function etcdDataIsGone(): Check {
  const claim = 'no etcd member has data on its disk';
  return machineCheck(claim, async (lab) => {
    const names = lab.machinesWithRole('etcd').map(({ name }) => name);
    const looks = await Promise.all(
      names.map((name) => lab.on(name, '[ -e /var/lib/etcd/data/member ]', { timeoutSeconds: lookSeconds })),
    );
    const left = names.filter((_, index) => looks[index]?.exitCode === 0);
    return left.length === 0 ? met(claim) : unmet(`${listed(left)} still has /var/lib/etcd/data`, claim);
  });
}

/**
 * The snapshot in the lab's folder on the host, such as `backup/first.db`, can be read and holds keys.
 * @param hint what to do where it is not so
 */
export function snapshotIsGood(file: string, hint?: string): Check {
  const claim = `$LAB/${file} is a snapshot of etcd`;
  return machineCheck(claim, async (lab) => {
    const status = await snapshotStatus(lab, file);
    if (status === 'missing') return unmet(`there is no file $LAB/${file}`, claim, hint);
    if (status === 'damaged') return unmet(`etcdutl cannot read $LAB/${file}`, claim, hint);
    if (status.totalKey === 0) return unmet('it holds no keys', claim, hint);
    return met(`it holds ${counted(status.totalKey, 'key')}, revision ${status.revision}`);
  });
}

/**
 * The snapshot was taken while etcd had the key. etcd itself is asked for that moment; what is compacted since then cannot
 * be told, and counts as taken in time.
 * @param hint what to do where it is not so
 */
export function snapshotHolds(file: string, key: string, hint?: string): Check {
  const claim = `$LAB/${file} was taken while etcd had ${key}`;
  return machineCheck(claim, async (lab) => {
    const status = await snapshotStatus(lab, file);
    if (typeof status === 'string') return unknown(`$LAB/${file} is ${status}`);
    const { revision } = status;
    const args = ['get', key, `--rev=${revision}`, '--keys-only', `--command-timeout=${lookSeconds}s`];
    const { exitCode, stdout, stderr } = await lab.etcd.ctl(args, { timeoutSeconds: lookSeconds + 3 });
    if (/compacted/.test(stderr)) return met(`etcd does not keep revision ${revision} any more`);
    if (exitCode !== 0) return unknown(`etcd did not answer (${lastLine(stderr)})`);
    return stdout.trim() === '' ? unmet(`at revision ${revision} etcd had no such key`, claim, hint) : met(claim);
  });
}

/** The key has no value, read from a majority. */
export function etcdKeyIsGone(key: string): Check {
  const claim = `etcd has no key ${key}`;
  return machineCheck(claim, async (lab) => {
    const args = ['get', key, '--keys-only', `--command-timeout=${lookSeconds}s`];
    const result = await lab.etcd.ctl(args, { timeoutSeconds: lookSeconds + 3 });
    if (result.exitCode !== 0) return unknown(`etcd did not answer (${lastLine(result.stderr)})`);
    return result.stdout.trim() === '' ? met(claim) : unmet('the key is still there', claim);
  });
}

/**
 * etcd's revision is a million or more above the snapshot's, and what lies before is compacted: a client that saw more
 * than the snapshot holds is told so, and takes no old revision for a new one.
 */
export function revisionsWereRaised(file: string): Check {
  const claim = `etcd's revision is far above that of $LAB/${file}, and older ones are compacted`;
  return machineCheck(claim, async (lab) => {
    const status = await snapshotStatus(lab, file);
    if (typeof status === 'string') return unknown(`$LAB/${file} is ${status}`);
    const members = await lab.etcd.members({ timeoutSeconds: lookSeconds });
    const revision = Math.max(0, ...members.map((member) => member.revision ?? 0));
    if (revision === 0) return unknown('no member told its revision');
    return revision - status.revision >= 1_000_000 ? seenAsCompacted(lab, status.revision, claim) : low(revision);
  });

  function low(revision: number): Verdict {
    return unmet(`the revision is ${revision}`, claim, withBoth);
  }
}

/** A larger number than the page's: clients may have seen those of the first restore by now. */
const withBoth = "Restore again with '--bump-revision 2000000000 --mark-compacted', into all members.";

async function seenAsCompacted(lab: Lab, revision: number, claim: string): Promise<Verdict> {
  const args = ['get', '/registry/nothing', `--rev=${revision}`, `--command-timeout=${lookSeconds}s`];
  const result = await lab.etcd.ctl(args, { timeoutSeconds: lookSeconds + 3 });
  if (result.exitCode === 0) return unmet(`revision ${revision} can still be read`, claim, withBoth);
  return /compacted/.test(result.stderr) ? met('it was raised') : unknown(lastLine(result.stderr));
}

/** The cluster's ID, as the members tell; it has more digits than a JavaScript number keeps. */
export async function etcdClusterId(lab: Lab): Promise<string | undefined> {
  const args = ['member', 'list', '--write-out=json', `--command-timeout=${lookSeconds}s`];
  const result = await lab.etcd.ctl(args, { timeoutSeconds: lookSeconds + 3 });
  return /"cluster_id":(\d+)/.exec(result.stdout)?.[1];
}

/**
 * The members are another cluster than those whose IDs these ConfigMaps hold (key `cluster`). One that is not there is
 * left out.
 */
export function etcdClusterIsNew(...configMaps: readonly [string, ...string[]]): Check {
  const those = configMaps.length === 1 ? 'the one that the ConfigMap' : 'one of those that the ConfigMaps';
  const remember = configMaps.length === 1 ? 'remembers' : 'remember';
  const claim = `etcd is a new cluster, not ${those} ${listed(configMaps)} ${remember}`;
  return machineCheck(claim, async (lab) => {
    const [now, ...found] = await Promise.all([
      etcdClusterId(lab),
      ...configMaps.map((name) => rememberedCluster(lab, name)),
    ]);
    const before = found.filter((id) => id !== undefined);
    if (before.length === 0 || now === undefined) return unknown('nobody tells the ID of the cluster');
    if (!before.includes(now)) return met(`its ID is ${now}; it was ${before.at(-1) ?? ''}`);
    const hint =
      'Restore all members again, with an --initial-cluster-token that was not used before, and twice the --bump-revision.';
    return unmet(`its ID is still ${now}`, claim, hint);
  });
}

async function rememberedCluster(lab: Lab, configMap: string): Promise<string | undefined> {
  try {
    const path = `/api/v1/namespaces/default/configmaps/${configMap}`;
    const { data } = await lab.kubernetes.get<{ data?: Record<string, string> }>(path);
    // Written while nobody told it.
    return data?.['cluster'] === '' ? undefined : data?.['cluster'];
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function snapshotStatus(lab: Lab, file: string): Promise<SnapshotStatus | 'missing' | 'damaged'> {
  const script = `[ -s "$LAB/${file}" ] || { echo missing; exit 0; }; etcdutl snapshot status "$LAB/${file}" -w json`;
  const result = await lab.onHost(script, { timeoutSeconds: lookSeconds + 3 });
  if (result.stdout.trim() === 'missing') return 'missing';
  // Of a file that was cut short, etcdutl dies with a trace.
  if (result.exitCode !== 0) return 'damaged';
  return JSON.parse(result.stdout) as SnapshotStatus;
}
