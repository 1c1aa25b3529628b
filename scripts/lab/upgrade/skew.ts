import { minorsBehind, type Version } from './version.ts';

/** Source of every rule here, read for Kubernetes 1.36 and 1.37. */
export const skewPolicy = 'https://kubernetes.io/releases/version-skew-policy/';

/** The two programs of a node that change together. */
export interface NodeVersions {
  kubelet: Version;
  kubeProxy: Version;
}

export interface Move {
  /** Of every API server that a node may be sent to; at least one. */
  apiServers: readonly Version[];
  wanted: NodeVersions;
}

export type Judgement =
  | { allowed: true }
  | {
      allowed: false;
      /** The rule that it breaks, in a sentence. */
      rule: string;
      /** What was measured that breaks it. */
      saw: string;
      link: string;
    };

/** Minors that a program may be behind the API server. Those before 1.25 were allowed one less. */
const mayBeBehind = (version: Version): number => (version.major === 1 && version.minor < 25 ? 2 : 3);
const inWords: Readonly<Record<number, string>> = { 2: 'two', 3: 'three' };

/**
 * Whether a node may run these versions beside these API servers. Only minors count. That kube-proxy must stay within
 * three minors of the kubelet beside it follows from these rules, as both must stay within three of the API server.
 */
export function judgeMove({ apiServers, wanted }: Move): Judgement {
  const [oldest, newest] = extremes(apiServers);
  const programs = [
    ['kubelet', wanted.kubelet],
    ['kube-proxy', wanted.kubeProxy],
  ] as const;
  for (const [name, version] of programs) {
    const link = `${skewPolicy}#${name}`;
    if (minorsBehind(version, oldest) < 0) {
      const rule = `${name} must not be newer than the API server${of(apiServers, 'oldest')}.`;
      return { allowed: false, rule, saw: `${name} ${version.text}, API server ${oldest.text}`, link };
    }
    const most = mayBeBehind(version);
    if (minorsBehind(version, newest) > most) {
      const rule = `${name} may be up to ${inWords[most] ?? most} minors older than the API server${of(apiServers, 'newest')}.`;
      return { allowed: false, rule, saw: `${name} ${version.text}, API server ${newest.text}`, link };
    }
  }
  return { allowed: true };
}

const of = (apiServers: readonly Version[], which: string): string =>
  apiServers.length > 1 ? ` (of several: the ${which})` : '';

function extremes(versions: readonly Version[]): [oldest: Version, newest: Version] {
  const [first, ...rest] = versions;
  if (first === undefined) throw new Error('no API server was measured');
  return [
    rest.reduce((oldest, next) => (minorsBehind(next, oldest) > 0 ? next : oldest), first),
    rest.reduce((newest, next) => (minorsBehind(next, newest) < 0 ? next : newest), first),
  ];
}

/** What upstream says about a move that is done here all the same. */
export function notesOn(move: { from: Version | undefined; to: Version; drained: boolean }): string[] {
  const { from, to, drained } = move;
  if (from === undefined || minorsBehind(to, from) === 0) return [];
  return [
    ...(drained
      ? []
      : [
          'The pods stayed on the node. Kubernetes supports no minor upgrade of a kubelet in place: drain a real node ' +
            `first, as --drain does. ${skewPolicy}#kubelet-1`,
        ]),
    ...(minorsBehind(to, from) > 0
      ? [
          'The node went back to an older minor. The policy allows a kubelet that is older than the API server, but ' +
            `describes only the way up, and promises nothing for the way back. ${skewPolicy}#supported-component-upgrade-order`,
        ]
      : []),
  ];
}
