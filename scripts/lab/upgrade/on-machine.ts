import type { CommandResult } from '../../system/run.ts';
import { parseVersion, type Version } from './version.ts';

/** Which of the two minors in the bundle. */
export type Minor = 'older' | 'newer';

/** Where each machine with a kubelet has the programs of a minor. The newer one is what its units run unless told otherwise. */
export const programFolders: Readonly<Record<Minor, string>> = { older: '/opt/older', newer: '/opt/bin' };
export const otherThan = (minor: Minor): Minor => (minor === 'older' ? 'newer' : 'older');

/** Read by the units of kubelet and kube-proxy; absent for the newer minor (cloud-config/node.yaml). */
export const versionFile = '/etc/kubernetes/version.env';
const units = ['kubelet', 'kube-proxy'] as const;
const mainPid = (unit: string): string => `$(systemctl show --property MainPID --value ${unit})`;
const chosen = (minor: Minor): string =>
  `folder=$(sed -n 's/^KUBERNETES_BIN=//p' ${versionFile} 2>/dev/null | tail -n 1)
[ "\${folder:-${programFolders.newer}}" = ${programFolders[minor]} ]`;
const sayChosen = (minor: Minor): string => `${chosen(minor)} && echo "chosen yes" || echo "chosen no"`;
const programOf = (minor: Minor, unit: string): string => `${programFolders[minor]}/${unit}`;
/** The program that runs; empty where none does. */
const runningProgram = (unit: string): string => `"$(readlink /proc/${mainPid(unit)}/exe)"`;
const runsMinor = (unit: string, minor: Minor): string => `[ ${runningProgram(unit)} = ${programOf(minor, unit)} ]`;

/** Succeeds where this minor is chosen, and nothing runs of another one. */
export const isToldScript = (minor: Minor): string =>
  [
    ...units.map((unit) => `case ${runningProgram(unit)} in ''|${programOf(minor, unit)}) ;; *) exit 1 ;; esac`),
    chosen(minor),
  ].join('\n');

/** What a machine says of its two programs. Undefined: it does not run, or the folder does not have it. */
export interface Survey {
  runs: { kubelet: Version | undefined; kubeProxy: Version | undefined };
  /** In the folder of the wanted minor. */
  has: { kubelet: Version | undefined; kubeProxy: Version | undefined };
  /** Whether a restart of the machine would bring the wanted minor. */
  chosen: boolean;
}

/** Asks the processes that run, not the files that they were started from: somebody may have changed these since. */
export const surveyScript = (minor: Minor): string => `
for unit in ${units.join(' ')}; do
  pid=$(systemctl show --property MainPID --value $unit)
  echo "runs-$unit $(/proc/$pid/exe --version 2>/dev/null)"
  echo "has-$unit $(${programFolders[minor]}/$unit --version 2>/dev/null)"
done
${sayChosen(minor)}`;

export function surveyIn({ stdout }: CommandResult): Survey {
  const said = linesOf(stdout);
  const version = (key: string) => parseVersion(said.get(key) ?? '');
  return {
    runs: { kubelet: version('runs-kubelet'), kubeProxy: version('runs-kube-proxy') },
    has: { kubelet: version('has-kubelet'), kubeProxy: version('has-kube-proxy') },
    chosen: said.get('chosen') === 'yes',
  };
}

/**
 * Chooses a minor for good, and restarts what runs another one. Pods live on: the units kill the kubelet alone. May be
 * killed at any point and run again.
 */
export const moveScript = (minor: Minor): string =>
  [
    'set -e',
    ...(minor === 'newer'
      ? [`rm -f ${versionFile}`]
      : [
          // Renamed into place: a machine that is started again in between finds the old choice or the new one.
          `echo KUBERNETES_BIN=${programFolders[minor]} > ${versionFile}.new`,
          `mv ${versionFile}.new ${versionFile}`,
        ]),
    ...units.map(
      (unit) =>
        // One that is about to start will be of the chosen minor.
        `${runsMinor(unit, minor)} || [ "$(systemctl is-active ${unit})" = activating ] || systemctl restart --no-block ${unit}`,
    ),
  ].join('\n');

/** How far the machine itself has come. */
export interface Progress {
  /** Units whose process is of the wanted minor. */
  moved: { kubelet: boolean; kubeProxy: boolean };
  /** Whether a restart of the machine would bring the wanted minor. */
  chosen: boolean;
  /** When the kubelet's process started, in seconds since 1970 by the machine's clock. */
  kubeletSince: number;
  /** The same of the oldest API server that runs here: a new one waits until that one is gone. Undefined where none does. */
  apiServerSince: number | undefined;
  /** Whether that one belongs to a pod that the kubelet has: a pod's id is a hash of what the kubelet makes of the manifest. */
  apiServerWanted: boolean;
  /** HTTP status of kube-proxy's own health page; 0 where it does not answer. */
  kubeProxyHealth: number;
}

/** Credentials with which the API server asks a kubelet. */
const apiServersClient = '/etc/kubernetes/pki/apiserver-kubelet-client';

/** Cheap enough to be asked a few times a second: it starts neither program. 10256 is kube-proxy's default health port. */
export const progressScript = (minor: Minor): string =>
  [
    ...units.map((unit) => `${runsMinor(unit, minor)} && echo "${unit} moved" || echo "${unit} not"`),
    sayChosen(minor),
    `age=$(ps -o etimes= -p ${mainPid('kubelet')} 2>/dev/null)`,
    'echo "since $(( $(date +%s) - ${age:-0} ))"',
    'age=$(ps -o etimes= -C kube-apiserver 2>/dev/null | sort -n | tail -n 1)',
    '[ -z "$age" ] || echo "api-server-since $(( $(date +%s) - age ))"',
    // The kubelet tells on its own port, as long as the API server says that it may.
    `pod=$(sed -n 's/.*-pod\\([0-9a-f]*\\)\\.slice.*/\\1/p' /proc/$(pgrep -o -x kube-apiserver)/cgroup 2>/dev/null | head -n 1)`,
    `client=${apiServersClient}`,
    `[ -z "$pod" ] || curl --silent --insecure --max-time 2 --cert $client.crt --key $client.key https://127.0.0.1:10250/pods |
  grep -q "\\"uid\\":\\"$pod\\"" && echo api-server-wanted`,
    `echo "health $(curl --silent --max-time 2 --output /dev/null --write-out '%{http_code}' http://127.0.0.1:10256/healthz)"`,
  ].join('\n');

export function progressIn({ stdout }: CommandResult): Progress {
  const said = linesOf(stdout);
  return {
    moved: { kubelet: said.get('kubelet') === 'moved', kubeProxy: said.get('kube-proxy') === 'moved' },
    chosen: said.get('chosen') === 'yes',
    kubeletSince: Number(said.get('since') ?? Infinity),
    apiServerSince: numberOrNone(said.get('api-server-since')),
    apiServerWanted: said.has('api-server-wanted'),
    kubeProxyHealth: Number(said.get('health') ?? 0),
  };
}

const numberOrNone = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

const linesOf = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').map((line) => {
      const at = line.indexOf(' ');
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
