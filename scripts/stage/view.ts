import type { EtcdMember } from '../lab/lab.ts';
import type { Role } from '../lab/layout.ts';
import { readingOf } from '../probes/probes.ts';
import type { DoorState } from './doorkeeper.ts';
import type { StageEvent } from './event.ts';
import { failedInAll, isHealthy, latelySeconds, lateShare, type Second } from './load/second.ts';
import type { PodSight, Sight } from './watch/sight.ts';

export interface PodView extends PodSight {
  /** Share of the answers of the last seconds that this pod gave, 0 to 1. */
  share: number;
}

export interface MachineView {
  name: string;
  roles: readonly Role[];
  /** `unknown` where nobody can tell: the API server is silent. */
  state: 'ok' | 'failed' | 'unknown';
  /** In words: `Ready, cordoned`, `etcd leads, term 4`. */
  says: readonly string[];
  /** Only workers have one. */
  door?: DoorState;
  pods: readonly PodView[];
}

/** The stage as it is now. All texts may hold what the cluster said: whoever shows them must escape them. */
export interface StageView {
  at: number;
  /** Requests a second that were asked for. */
  rate: number;
  seconds: number;
  /** Requests that were due in the last second that can be judged, and were answered. */
  perSecond: number;
  failed: number;
  failedLately: number;
  p50Ms: number;
  p99Ms: number;
  healthy: boolean | undefined;
  /** Why the numbers tell of the generator rather than of the app. */
  warning?: string;
  etcdLeader?: string;
  machines: readonly MachineView[];
  /** Pods that no node has been chosen for. */
  waiting: readonly PodView[];
}

/** Milliseconds after its beginning when a second can be judged: it has passed, and one more, and it was heard of. */
const judgedAfterMs = 2500;
/** Share of the requests asked for that must be sent. */
const offeredShare = 0.97;

/** The seconds up to the latest that can be judged. */
export const judged = (seconds: readonly Second[], now: number): Second[] =>
  seconds.filter(({ at }) => at + judgedAfterMs <= now);

export const lately = (seconds: readonly Second[], now: number): Second[] =>
  seconds.filter(({ at }) => at >= now - judgedAfterMs - latelySeconds * 1000);

/** The words for what the generator did not do, or undefined where it did what was asked for. */
export function warningOf(seconds: readonly Second[], rate: number, now: number): string | undefined {
  // The first second of a run is not a whole one.
  const last = lately(judged(seconds.slice(1), now), now);
  const due = last.reduce((sum, second) => sum + second.due, 0);
  const late = last.reduce((sum, second) => sum + second.late, 0);
  const asked = last.length * rate;
  const lower = 'Numbers now tell of the generator, not of the app: ask for fewer with --rate.';
  if (due < asked * offeredShare) return `Only ${due} of ${asked} requests were sent in ${last.length} s. ${lower}`;
  if (late > due * lateShare) return `${late} of ${due} requests left too late in ${last.length} s. ${lower}`;
  return undefined;
}

/** @param seconds those that can be judged */
export function sharesOf(seconds: readonly Second[]): Map<string, number> {
  const counts = new Map<string, number>();
  let all = 0;
  for (const { pods } of seconds) {
    for (const [pod, count] of Object.entries(pods)) {
      counts.set(pod, (counts.get(pod) ?? 0) + count);
      all += count;
    }
  }
  return new Map([...counts].map(([pod, count]) => [pod, count / all]));
}

export function machineView(
  machine: { name: string; roles: readonly Role[] },
  sight: Sight,
  door: DoorState | undefined,
  shares: ReadonlyMap<string, number>,
): MachineView {
  const { name, roles } = machine;
  const member = sight.members.find((one) => one.name === name);
  const runsKubelet = roles.some((role) => role !== 'etcd');
  const node = runsKubelet ? nodeState(name, sight) : undefined;
  const says = [...(node ? [node.says] : []), ...(member ? [`etcd ${etcdSays(member)}`] : [])];
  const failed = node?.state === 'failed' || member?.answers === false;
  return {
    name,
    roles,
    state: failed ? 'failed' : (node?.state ?? 'ok'),
    says,
    ...(door ? { door } : {}),
    pods: podViews(
      sight.pods.filter((pod) => pod.machine === name),
      shares,
    ),
  };
}

export const podViews = (pods: readonly PodSight[], shares: ReadonlyMap<string, number>): PodView[] =>
  pods
    .map((pod) => ({ ...pod, share: shares.get(pod.name) ?? 0 }))
    .toSorted((one, other) => one.name.localeCompare(other.name));

function nodeState(name: string, { off, apiSilent, nodes }: Sight): Pick<MachineView, 'state'> & { says: string } {
  if (off.includes(name)) return { state: 'failed', says: 'no power' };
  if (apiSilent !== undefined) return { state: 'unknown', says: 'the API server is silent' };
  const node = nodes.find((one) => one.name === name);
  if (!node) return { state: 'failed', says: 'no node' };
  const words = [node.ready ? 'Ready' : 'NotReady', ...(node.cordoned ? ['cordoned'] : []), node.version];
  return { state: node.ready ? 'ok' : 'failed', says: words.filter((word) => word !== '').join(', ') };
}

const etcdSays = (member: EtcdMember): string => readingOf(member).says ?? '';

/** Whether the app was healthy in the last second that can be judged; undefined where nobody can tell. */
export function healthyNow(seconds: readonly Second[], now: number): boolean | undefined {
  const last = judged(seconds, now).at(-1);
  // A counting that came to a halt says nothing about now.
  return last && last.at > now - judgedAfterMs - 3000 ? isHealthy(last) : undefined;
}

export const failedLately = (seconds: readonly Second[], now: number): number => failedInAll(lately(seconds, now));

/** An event as it is shown: with what it caused. */
export interface ShownEvent extends StageEvent {
  failed: number;
}
