import { quoted } from '../../system/run.ts';
import { isBalanced, runsKubelet, serviceNetwork } from '../layout.ts';
import type { Lab } from '../lab.ts';
import { podRoutesFile, strayRoutesScript } from '../scale/routes.ts';
import { sha256, toldFiles, type ToldFile } from './told-files.ts';

/** Settings that a lesson may change for good: a member that was replaced is told so in this file. */
const mayDiffer = new Set(['/etc/etcd/cluster.env']);

/** Which services read a file, by the start of its path: they are restarted when the file had to be put back. */
const readers: readonly [prefix: string, service: string][] = [
  ['/etc/etcd/', 'etcd'],
  ['/etc/systemd/system/etcd', 'etcd'],
  ['/etc/containerd/', 'containerd'],
  ['/etc/cni/', 'containerd'],
  ['/etc/systemd/system/containerd', 'containerd'],
  ['/etc/kubernetes/kube-proxy', 'kube-proxy'],
  ['/etc/systemd/system/kube-proxy', 'kube-proxy'],
  ['/etc/kubernetes/pod-routes', 'pod-routes'],
  ['/etc/systemd/system/pod-routes', 'pod-routes'],
  ['/etc/kubernetes/kubelet', 'kubelet'],
  ['/etc/kubernetes/ca.crt', 'kubelet'],
  ['/etc/kubernetes/ca.crt', 'api-balancer'],
  ['/etc/kubernetes/api-balancer', 'api-balancer'],
  ['/etc/systemd/system/api-balancer', 'api-balancer'],
  ['/etc/systemd/system/kubelet', 'kubelet'],
];

const otherVersion = 'kubelet and kube-proxy were of another version';

/** Whether this is among what `repairMachine` put back. */
export const hadOtherVersion = (mended: readonly string[], machine: string): boolean =>
  mended.includes(`${machine}: ${otherVersion}`);

/**
 * Puts a running machine back to what its cloud-config says: files, services, packet filter, routes, kubelet's version.
 * @returns what had to be put back, in words; empty where nothing was wrong.
 */
export async function repairMachine(lab: Lab, machine: string, signal?: AbortSignal): Promise<string[]> {
  const files = (await toldFiles(lab, machine)).filter(({ path }) => !mayDiffer.has(path));
  const look = await lab.on(machine, surveyScript(files), { signal, timeoutSeconds: 30 });
  const wrong = new Set(look.stdout.split('\n').filter((path) => path !== ''));
  const broken = files.filter(({ path }) => wrong.has(path));
  const restart = [...new Set(broken.flatMap(({ path }) => readersOf(path)))];
  const script = [
    ...broken.map(writeCommand),
    ...broken.flatMap(endCommand),
    repairScript(servicesOf(lab, machine), restart, files.map(({ path }) => path).filter(isDropIn)),
  ].join('\n');
  const repaired = await lab.on(machine, 'sh -s', { input: script, signal, timeoutSeconds: 60 });
  const said = repaired.stdout.split('\n').filter((line) => line !== '');
  return [...broken.map(({ path }) => `${machine}: ${path}`), ...said.map((line) => `${machine}: ${line}`)];
}

function servicesOf(lab: Lab, name: string): string[] {
  const machine = lab.machine(name);
  return [
    ...(machine.roles.includes('etcd') ? ['etcd'] : []),
    ...(runsKubelet(machine) ? ['containerd', 'pod-routes', 'kubelet', 'kube-proxy'] : []),
    ...(runsKubelet(machine) && isBalanced(lab.layout) ? ['api-balancer'] : []),
  ];
}

const isDropIn = (path: string): boolean => path.includes('.service.d/');

const readersOf = (path: string): string[] =>
  readers.filter(([prefix]) => path.startsWith(prefix)).map(([, service]) => service);

/** Prints the path of each file that is missing or differs. */
const surveyScript = (files: readonly ToldFile[]): string =>
  `sha256sum --check --quiet - 2>/dev/null <<'END' | sed 's/: FAILED.*//'\n${files
    .map(({ path, content }) => `${sha256(content)}  ${path}`)
    .join('\n')}\nEND`;

const writeCommand = ({ path, content, mode }: ToldFile): string =>
  [
    `mkdir -p "$(dirname ${quoted(path)})"`,
    // Renamed into place from the same folder: containerd heeds a network configuration only then.
    `echo ${content.toString('base64')} | base64 -d > ${quoted(`${path}.new`)}`,
    `chmod ${mode} ${quoted(`${path}.new`)}`,
    `mv ${quoted(`${path}.new`)} ${quoted(path)}`,
  ].join(' && ');

const manifest = /^\/etc\/kubernetes\/manifests\/(.*)\.yaml$/;

/**
 * A static pod whose manifest was gone has been told to end, and an API server takes a minute for that; a kubelet that is
 * restarted meanwhile takes it for one that runs. It keeps nothing that a sudden end could harm. The kernel knows a
 * program by the first 15 letters of its name.
 */
const endCommand = ({ path }: ToldFile): string[] => {
  const program = manifest.exec(path)?.[1];
  return program === undefined ? [] : [`pkill -KILL -x ${quoted(program.slice(0, 15))}; true`];
};

/**
 * Takes away what changes the units of a node beside their files, as `systemctl edit` and `systemctl set-environment` do.
 * The machine image brings such a file for containerd.
 */
const besideUnitsScript = (dropIns: readonly string[]): string => `for service in kubelet kube-proxy; do
  for file in /etc/systemd/system/$service.service.d/* /run/systemd/system/$service.service.d/*; do
    [ -e "$file" ] || continue
    case " ${dropIns.join(' ')} " in *" $file "*) continue ;; esac
    rm -rf "$file"; say "$file was not of the lab"; restart="$restart $service"
  done
done
if systemctl show-environment | grep -q '^KUBERNETES_BIN='; then
  systemctl unset-environment KUBERNETES_BIN; say "${otherVersion}"
  restart="$restart kubelet kube-proxy"
fi`;

/** Prints a line for each thing that it puts back. */
const repairScript = (services: readonly string[], restart: readonly string[], dropIns: readonly string[]): string => `
say() { echo "$*"; }
# Processes that were paused.
pgrep --list-name --runstates T 'etcd|containerd|kubelet|kube-proxy|kube-apiserver|kube-controller|kube-scheduler|haproxy' |
  while read -r pid name; do kill -CONT $pid && say "process $name was paused"; done
# Static pods that nobody was told to have, and an older kubelet.
for file in /etc/kubernetes/manifests/*; do
  case $file in */kube-apiserver.yaml|*/kube-controller-manager.yaml|*/kube-scheduler.yaml|*'*') ;;
  *) rm -f "$file"; say "static pod $file was not of the lab" ;; esac
done
restart="${restart.join(' ')}"
if [ -e /etc/kubernetes/version.env ]; then
  rm -f /etc/kubernetes/version.env; say "${otherVersion}"
  restart="$restart kubelet kube-proxy"
fi
${services.includes('kubelet') ? besideUnitsScript(dropIns) : ''}
# Rules of the packet filter that are neither Kubernetes' own, nor docker's, nor the lab's (pod-routes.service).
# Chains last, when nothing leads to them any more.
iptables-save 2>/dev/null | awk '
  /^\\*/ { table = substr($1, 2) }
  /^:FIREDRILL-/ { chains = chains "chain " table " " substr($1, 2) "\\n" }
  !/^-A (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) / || /KUBE-|DOCKER_/ { next }
  index($0, "! -d 10.0.0.0/8 -j MASQUERADE") || index($0, "-d ${serviceNetwork} -j REJECT") { next }
  { print "rule", table, substr($0, 4) }
  END { printf "%s", chains }' |
  while read -r what table words; do
    case $what in
    rule) echo "iptables -w -t $table -D $words" | sh && say "packet filter: $words" ;;
    chain) iptables -w -t "$table" -F "$words"; iptables -w -t "$table" -X "$words" ;;
    esac
  done
# Limits of the network card, and routes that lead nowhere.
tc qdisc show dev eth0 2>/dev/null | grep -q -e tbf -e netem && tc qdisc del dev eth0 root && say "a limit on eth0"
for type in blackhole unreachable prohibit; do
  ip route show type $type | while read -r route; do
    ip route del $type \${route#$type } && say "route $type $route"; done
done
systemctl show --property NeedDaemonReload --value ${services.join(' ')} | grep -q yes && systemctl daemon-reload
${
  services.includes('pod-routes')
    ? `while read -r network via gateway; do
  [ -n "$network" ] || continue
  ip route show "$network" | grep -q "via $gateway" || { ip route replace "$network" via "$gateway"; say "route to $network"; }
done < ${podRoutesFile}
${strayRoutesScript(podRoutesFile)}
[ "$(sysctl -n net.ipv4.ip_forward)" = 1 ] || { sysctl -qw net.ipv4.ip_forward=1; say "forwarding was off"; }`
    : ''
}
# All are asked at once: each systemctl costs as much as three other commands.
services="${services.join(' ')}"
set -- $services
[ "$(systemctl is-enabled $services 2>/dev/null | grep -cx enabled)" = $# ] ||
  { systemctl unmask -q $services 2>/dev/null; systemctl enable -q $services; }
set -- $(systemctl is-active $services)
for service in $services; do
  case $1 in
  active) case " $restart " in *" $service "*) systemctl restart --no-block $service; say "service $service restarted" ;; esac ;;
  *)
    [ "$1" = activating ] || say "service $service did not run"
    systemctl reset-failed $service 2>/dev/null; systemctl start --no-block $service ;;
  esac
  shift
done
`;
