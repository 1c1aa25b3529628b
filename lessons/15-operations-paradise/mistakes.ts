import { listed } from '../../scripts/checks/looking.ts';
import type { StageEvent } from '../../scripts/stage/event.ts';
import { clock } from '../../scripts/stage/words.ts';

/** Only workers have visitors: the controller's kubelet may be changed in place. */
const isWorker = (machine: string): boolean => /^w\d+$/.test(machine);

/**
 * What somebody did that was against the rules of the shift, as the timeline shows it, each with its time: a worker changed
 * or removed before it was emptied, more than one worker out of work by intent, and etcd without a majority.
 * @param events of one part of the shift, in the order of their time
 */
export function mistakesIn(events: readonly StageEvent[]): string[] {
  const cordons = new Cordons();
  const lost = new Set<string>();
  const silent = new Set<string>();
  const found: string[] = [];
  let toldOf = '';
  for (const { kind, machine, at, podsLeft = [] } of inOrder(events)) {
    if (machine === undefined) continue;
    const tell = (says: string): void => void found.push(`${clock(at)} ${says}`);
    cordons.take(kind, machine, at);
    if (kind === 'node-not-ready') lost.add(machine);
    if (kind === 'node-ready' || kind === 'node-left') lost.delete(machine);
    if (kind === 'member-silent') silent.add(machine);
    if (kind === 'member-back') silent.delete(machine);
    // A cordon keeps new pods away. Emptied it is when the old ones are gone as well.
    const emptied = cordons.covered(machine, at) && podsLeft.length === 0;
    const still = podsLeft.length === 0 ? '' : `: ${listed(podsLeft)} ran there`;
    if (kind === 'node-version' && isWorker(machine) && !emptied) {
      tell(`${machine} was given another version without being emptied before${still}`);
    }
    if (kind === 'node-left' && !emptied) tell(`${machine} was removed without being emptied before${still}`);
    const out = [...new Set([...cordons.now, ...lost])].filter(isWorker).sort();
    const together = out.length > 1 && cordons.now.some(isWorker) ? out.join(' and ') : '';
    const grew = kind === 'cordoned' || kind === 'node-not-ready';
    // Told once, however often one of them comes and goes for a moment meanwhile.
    if (grew && together !== '' && together !== toldOf) tell(`${together} were out of work at the same time`);
    if (grew || kind === 'uncordoned' || kind === 'node-left') toldOf = together;
    if (kind === 'member-silent' && silent.size > 1 && ![...silent].some((one) => isBackSoon(events, one, at))) {
      tell(`etcd on ${[...silent].sort().join(' and ')} was silent at the same time: nothing could be written`);
    }
  }
  return found;
}

/** What one look saw at once has no order: then what ended comes before what began. */
const inOrder = (events: readonly StageEvent[]): StageEvent[] =>
  events.toSorted((one, other) => one.at - other.at || rank(one) - rank(other));

const rank = ({ kind }: StageEvent): number => (kind === 'uncordoned' ? 0 : 1);

/** Milliseconds within which a member that was silent is back, where it was only late: the computer was busy. */
const momentMilliseconds = 5000;

const isBackSoon = (events: readonly StageEvent[], member: string, at: number): boolean =>
  events.some(
    ({ kind, machine, at: backAt }) =>
      kind === 'member-back' && machine === member && backAt > at && backAt <= at + momentMilliseconds,
  );

/** Which nodes take no new pods. */
class Cordons {
  private readonly cordoned = new Set<string>();
  /** When the cordon of a node ended, in milliseconds since the epoch. */
  private readonly endedAt = new Map<string, number>();

  take(kind: StageEvent['kind'], machine: string, at: number): void {
    if (kind === 'cordoned') this.cordoned.add(machine);
    if (kind !== 'uncordoned' && kind !== 'node-left') return;
    if (this.cordoned.delete(machine)) this.endedAt.set(machine, at);
  }

  get now(): string[] {
    return [...this.cordoned];
  }

  /** What one look saw at once has no order: a cordon that ended in it still counts. */
  covered(machine: string, at: number): boolean {
    return this.cordoned.has(machine) || this.endedAt.get(machine) === at;
  }
}
