import type { Machine } from '../lab/layout.ts';
import { answeringDoor, type Door } from './door.ts';
import type { News } from './event.ts';
import type { NodeSight, Sight } from './watch/sight.ts';

/** A worker's door, and why nobody is sent through it. */
export interface DoorState {
  machine: string;
  open: boolean;
  why: string;
}

/**
 * Why no visitor is sent to a worker, or undefined. What a load balancer before a cluster goes by: Kubernetes says which
 * nodes are Ready, and which ones a label keeps away from it. A cordon counts here as well, as if somebody set that label
 * with it: since 1.19 a cloud's load balancer does not heed it (https://github.com/kubernetes/kubernetes/pull/90823). It has
 * no health check of its own, so a machine without power is sent visitors until Kubernetes has given it up: that time is
 * what some lessons measure.
 */
export function whyClosed(
  machine: string,
  { apiSilent, nodes }: Pick<Sight, 'apiSilent' | 'nodes'>,
): string | undefined {
  const node: NodeSight | undefined = nodes.find(({ name }) => name === machine);
  // Nobody can tell: then it stays as it is.
  if (!node) return apiSilent === undefined ? 'it is no node' : undefined;
  if (node.cordoned) return 'it is cordoned';
  if (node.excluded) return 'its label keeps load balancers away';
  return node.ready ? undefined : 'it is NotReady';
}

type Knock = (worker: Machine) => Promise<Door | undefined>;

/** Decides through which doors visitors are sent. The last one is never closed: without any there would be no load. */
export class Doorkeeper {
  private readonly knock: Knock;
  private readonly open = new Map<string, Door>();
  private readonly closed = new Map<string, string>();

  constructor(knock: Knock = answeringDoor) {
    this.knock = knock;
  }

  get doors(): Door[] {
    return [...this.open.values()];
  }

  states(): DoorState[] {
    return [
      ...[...this.open.keys()].map((machine) => ({ machine, open: true, why: '' })),
      ...[...this.closed].map(([machine, why]) => ({ machine, open: false, why })),
    ];
  }

  /** Opens doors through which the app answers, closes those that there is a reason for, and tells of both. */
  async look(workers: readonly Machine[], sight: Pick<Sight, 'apiSilent' | 'nodes'>): Promise<News[]> {
    const reasons = workers.map(({ name }) => ({ name, why: whyClosed(name, sight) }));
    // While the API server is silent, what is closed stays closed.
    const mayOpen = sight.apiSilent === undefined || this.open.size === 0;
    const candidates = workers.filter(({ name }) => mayOpen && !this.open.has(name) && !reasonFor(reasons, name));
    const opened = await Promise.all(candidates.map((worker) => this.try(worker)));
    const gone = [...this.open.keys()].filter((name) => !workers.some((worker) => worker.name === name));
    const toClose = [
      ...gone.map((name) => ({ name, why: 'the machine was removed' })),
      ...reasons.flatMap(({ name, why }) => (why !== undefined && this.open.has(name) ? [{ name, why }] : [])),
    ];
    const mayClose = toClose.length < this.open.size;
    const closed = mayClose ? toClose.map(({ name, why }) => this.close(name, why)) : [];
    for (const { name, why } of reasons) if (why !== undefined && !this.open.has(name)) this.closed.set(name, why);
    for (const name of gone) if (!this.open.has(name)) this.closed.delete(name);
    return [...opened.filter((news) => news !== undefined), ...closed];
  }

  private async try(worker: Machine): Promise<News | undefined> {
    const { name: machine } = worker;
    const door = await this.knock(worker);
    if (!door) {
      this.closed.set(machine, 'the app does not answer through it');
      return undefined;
    }
    this.open.set(machine, door);
    this.closed.delete(machine);
    return { kind: 'door-opened', machine, says: `Visitors are sent through ${machine}` };
  }

  private close(machine: string, why: string): News {
    this.open.delete(machine);
    this.closed.set(machine, why);
    return { kind: 'door-closed', machine, says: `No more visitors through ${machine}: ${why}` };
  }
}

const reasonFor = (reasons: readonly { name: string; why: string | undefined }[], name: string): string | undefined =>
  reasons.find((reason) => reason.name === name)?.why;
