import { counted, firstLine, listed, lookSeconds, machineCheck } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

const scratch = { machine: 'e1', port: 12379, unit: 'etcd-scratch', folder: '/var/lib/etcd/scratch' } as const;
const nightly = { machine: 'e1', unit: 'etcd-backup', folder: '/var/lib/etcd-backup', keep: 3 } as const;

/** Removes what was made on machines, on the right one or on another. */
export async function removeFromMachines(lab: Lab): Promise<void> {
  const script = `systemctl stop ${nightly.unit}.timer ${nightly.unit}.service ${scratch.unit} 2>/dev/null
    if ls /etc/systemd/system/${nightly.unit}.* >/dev/null 2>&1; then
      rm -f /etc/systemd/system/${nightly.unit}.timer /etc/systemd/system/${nightly.unit}.service
      systemctl daemon-reload
    fi
    systemctl reset-failed ${nightly.unit}.service ${scratch.unit} 2>/dev/null
    rm -rf ${nightly.folder} ${scratch.folder} /etc/etcd/backup /var/lib/etcd/scratch.db
    rm -f /var/lib/etcd/backup.db /run/restore.log`;
  await Promise.all(lab.machinesWithRole('etcd').map(({ name }) => lab.on(name, script)));
}

/** The other etcd machines on which a script ends well: what was to be done on this one may have been done there. */
async function othersWhere(script: string, lab: Lab, machine: string): Promise<string[]> {
  const others = lab.machinesWithRole('etcd').map(({ name }) => name);
  const wrong = others.filter((name) => name !== machine);
  const looks = await Promise.all(
    wrong.map((name) => lab.on(name, script, { timeoutSeconds: lookSeconds }).catch(() => undefined)),
  );
  return wrong.filter((_, index) => looks[index]?.exitCode === 0);
}

const wrongMachine = (found: readonly string[], machine: string): string =>
  `Was it done on ${listed(found)}? It belongs on ${machine}: do the same there.`;

/** A member apart from the cluster answers on its own port, and has the nodes that the snapshot holds. */
export function scratchMemberHoldsNodes(): Check {
  const { machine, port } = scratch;
  const claim = `a scratch member on ${machine}, port ${port}, holds the nodes of the snapshot`;
  return machineCheck(claim, async (lab) => {
    const script = `ETCDCTL_ENDPOINTS=http://127.0.0.1:${port} ETCDCTL_CACERT= ETCDCTL_CERT= ETCDCTL_KEY= \\
      etcdctl get /registry/minions/ --prefix --keys-only --command-timeout=${lookSeconds}s`;
    const result = await lab.on(machine, script, { timeoutSeconds: lookSeconds + 3 });
    if (result.exitCode !== 0) {
      const saw = `nothing answers on port ${port} of ${machine}`;
      const found = await othersWhere(`timeout 2 bash -c '</dev/tcp/127.0.0.1/${port}' 2>/dev/null`, lab, machine);
      if (found.length === 0) return unmet(saw, claim);
      return unmet(`${saw}, but something does on ${listed(found)}`, claim, wrongMachine(found, machine));
    }
    const nodes = result.stdout.split('\n').filter((line) => line !== '');
    return nodes.length > 0 ? met(`it holds ${counted(nodes.length, 'node')}`) : unmet('it holds no nodes', claim);
  });
}

/** The newest snapshots lie in a folder, no more than are to be kept, the newest one young and readable. */
export function snapshotsAreKept(): Check {
  const { machine, folder, keep } = nightly;
  const claim = `${folder} on ${machine} holds the newest ${keep} snapshots, and no more`;
  const youngSeconds = 60;
  return machineCheck(claim, async (lab) => {
    const script = `ls -t ${folder}/*.db 2>/dev/null | wc -l
      newest=$(ls -t ${folder}/*.db 2>/dev/null | head -n 1)
      [ -n "$newest" ] || exit 0
      echo $(( $(date +%s) - $(stat -c %Y "$newest") ))
      etcdutl snapshot status "$newest" >/dev/null 2>&1 && echo good || echo bad`;
    const result = await lab.on(machine, script, { timeoutSeconds: lookSeconds + 3 });
    const [count, age, state] = result.stdout.trim().split('\n');
    if (count === undefined || count === '') return unknown(firstLine(result.stderr));
    if (Number(count) === 0) {
      const found = await othersWhere(`ls ${folder}/*.db >/dev/null 2>&1`, lab, machine);
      if (found.length === 0) return unmet('no snapshot', claim);
      return unmet(`no snapshot, but there are some on ${listed(found)}`, claim, wrongMachine(found, machine));
    }
    if (Number(count) !== keep) return unmet(counted(Number(count), 'snapshot'), claim);
    if (Number(age) > youngSeconds)
      return unmet(`the newest is ${age ?? '?'} s old`, `one of the last ${youngSeconds} s`);
    return state === 'good'
      ? met(`${keep} snapshots, the newest ${age ?? '?'} s old`)
      : unmet('the newest is damaged', claim);
  });
}
