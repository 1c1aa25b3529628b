import type { EventKind, StageEvent } from './event.ts';
import type { FailedRequests } from './load/second.ts';

/** Requests that failed between two moments, in milliseconds since the epoch: for which reason is asked. */
export interface Failed {
  /** When the first of them was due. */
  from: number;
  /** When the last of them had failed. */
  to: number;
  /** The machine through whose NodePort they went. */
  door: string;
  /** In which way: see `Failure`. */
  how: string;
}

interface Reach {
  /** Seconds before it was seen: nodes are given up long after they have gone, pods are looked at twice a second. */
  before: number;
  /** Seconds behind it, or the kind of event that ends it. */
  after: number | readonly EventKind[];
}

/**
 * For which failed requests an event is an explanation. Not here are events that visitors of the app cannot notice: they
 * need neither etcd nor the API server. The seconds are those of the lab: a node is given up after 16 s and its pods
 * after 20 s more (by default: 50 s and 5 min), a pod may take 10 s to end.
 */
const explains: Partial<Record<EventKind, Reach>> = {
  'fault-on': { before: 0, after: ['fault-off'] },
  // A machine that comes back starts its pods and its rules anew.
  'fault-off': { before: 1, after: 30 },
  'machine-off': { before: 2, after: ['machine-on'] },
  'machine-on': { before: 1, after: 30 },
  'node-not-ready': { before: 45, after: ['node-ready', 'node-left'] },
  'node-ready': { before: 1, after: 10 },
  'node-left': { before: 2, after: 10 },
  'node-version': { before: 2, after: 10 },
  'door-opened': { before: 1, after: 5 },
  'door-closed': { before: 1, after: 5 },
  'pod-ready': { before: 1, after: 5 },
  'pod-unready': { before: 3, after: ['pod-ready', 'pod-gone', 'pod-ending'] },
  'pod-restarted': { before: 5, after: 10 },
  'pod-ending': { before: 1, after: 15 },
  'pod-gone': { before: 3, after: 10 },
  // Nobody is there to answer, however long it takes.
  'no-pods': { before: 0, after: ['pod-ready'] },
};

/** Repairs that only rarely make requests fail: they count where nothing else explains them. */
const harmless: readonly EventKind[] = ['node-ready', 'pod-ready', 'door-opened', 'door-closed'];
const isDoor: readonly EventKind[] = ['door-opened', 'door-closed'];

/**
 * The event that caused failed requests: the latest before they had failed that can explain them, and where there is
 * none, the first behind them that reaches back so far. Of an event that is a consequence of another, the other one.
 * Undefined where nothing explains them.
 * @param events in the order of their time
 */
export function causeOf(failed: Failed, events: readonly StageEvent[]): StageEvent | undefined {
  const stray = failed.how === 'unreachable' ? strayAfter(failed, events) : undefined;
  if (stray) return rootOf(stray, events);
  const fitting = events.filter((event) => reaches(event, failed, events));
  const serious = fitting.filter(({ kind }) => !harmless.includes(kind));
  const candidates = serious.length > 0 ? serious : fitting;
  const found = candidates.findLast(({ at }) => at <= failed.to) ?? candidates[0];
  return found && rootOf(found, events);
}

/** The same of requests as a second keeps them. @param at the second's beginning, in milliseconds since the epoch */
export const causeOfFailures = (
  at: number,
  { door, how, lastAt }: Pick<FailedRequests, 'door' | 'how' | 'lastAt'>,
  events: readonly StageEvent[],
): StageEvent | undefined => causeOf({ from: at, to: lastAt, door, how }, events);

/**
 * The machine that is lost, or was: connections to its pods that nobody closed stay in the other machines' connection
 * tracking for days (`nf_conntrack_tcp_timeout_established`). A new connection from a port that one of them came from is
 * sent to the same pod, which is not there. A pod that ends in good order leaves nothing of the kind.
 */
const strayAfter = ({ to }: Failed, events: readonly StageEvent[]): StageEvent | undefined =>
  events.findLast(({ kind, at }) => at <= to && loses.includes(kind));

const loses: readonly EventKind[] = ['fault-on', 'machine-off', 'node-not-ready'];

function reaches(event: StageEvent, { from, to, door }: Failed, events: readonly StageEvent[]): boolean {
  const reach = explains[event.kind];
  if (!reach || (isDoor.includes(event.kind) && event.machine !== door)) return false;
  return event.at - reach.before * 1000 <= to && from <= endOf(event, reach.after, events);
}

function endOf(event: StageEvent, after: Reach['after'], events: readonly StageEvent[]): number {
  if (typeof after === 'number') return event.at + after * 1000;
  const ends = (other: StageEvent): boolean =>
    other.at >= event.at &&
    after.includes(other.kind) &&
    (event.machine === undefined || other.machine === event.machine) &&
    (event.subject === undefined || other.subject === undefined || other.subject === event.subject);
  return events.find((other) => other.id !== event.id && ends(other))?.at ?? Infinity;
}

export function rootOf(event: StageEvent, events: readonly StageEvent[]): StageEvent {
  const cause = event.because === undefined ? undefined : events.find(({ id }) => id === event.because);
  return cause ? rootOf(cause, events) : event;
}

/** What is a consequence where its machine is broken on purpose, off, given up, or only just came back. */
const consequences: readonly EventKind[] = [
  'machine-off',
  'machine-on',
  'node-not-ready',
  'pod-unready',
  'pod-restarted',
  'pod-ending',
  'pod-gone',
  'no-pods',
];
/** Nobody does this to a pod, and of many faults no pod is left: while something is broken on purpose, on whichever machine, it is because of that. */
const symptoms: readonly EventKind[] = ['pod-unready', 'pod-restarted', 'no-pods'];
const upsets: readonly EventKind[] = ['fault-on', 'fault-off', 'machine-off', 'machine-on', 'node-not-ready'];

/**
 * The event of which a new one is a consequence: the first upset of its machine that is still felt; of a symptom, the
 * first fault that is in force.
 */
export function becauseOf(
  { kind, machine, at }: Pick<StageEvent, 'kind' | 'machine' | 'at'>,
  events: readonly StageEvent[],
): number | undefined {
  const isSymptom = symptoms.includes(kind);
  if (!consequences.includes(kind) || (machine === undefined && !isSymptom)) return undefined;
  const isFelt = (event: StageEvent): boolean => {
    const after = explains[event.kind]?.after;
    if (after === undefined || !upsets.includes(event.kind) || event.kind === kind) return false;
    // What it brings to an end is not its cause.
    if (typeof after !== 'number' && after.includes(kind)) return false;
    const isNear = concerns(event, machine) || (isSymptom && event.kind === 'fault-on');
    return isNear && at <= endOf(event, after, events);
  };
  return events.find(isFelt)?.id;
}

/** A fault may break several machines: its title names them all. */
const concerns = (event: StageEvent, machine: string | undefined): boolean =>
  machine !== undefined &&
  (event.machine === machine || (event.kind === 'fault-on' && event.says.split(/[^\w-]+/).includes(machine)));
