import type { Lab } from '../../scripts/lab/lab.ts';

/**
 * Ends what the page's last step began: a member that runs on the old copy of its disk, or on none, gets the right one
 * back. A member that is well keeps what it has: it may have been replaced meanwhile.
 */
export const rightDiskScript = `cd /var/lib/etcd || exit 0
rolledBack() {
  [ -d newer ] || return 1
  [ -d data ] || return 0
  journalctl --no-pager --output=cat -u etcd -n 100 | grep -q '^panic: tocommit' || return 1
  ! timeout 8 etcdctl endpoint health >/dev/null 2>&1
}
if rolledBack; then
  systemctl stop etcd
  rm -rf data
  mv newer data
  systemctl start --no-block etcd
fi
rm -rf old newer`;

/** Does so on each etcd machine: it may have been tried on another than the page says. */
export async function putRightDiskBack(lab: Lab): Promise<void> {
  const machines = lab.machinesWithRole('etcd');
  await Promise.all(
    machines.map(({ name }) => lab.on(name, rightDiskScript, { timeoutSeconds: 40 }).catch(() => undefined)),
  );
}
