import type { InjectedFault } from '../faults/fault.ts';
import { sleep } from './look.ts';
import type { DrillFaults } from './run.ts';

/** The machine undid the fault on its own: what follows proves nothing. */
export class LeaseExpired extends Error {
  constructor() {
    super('The fault was undone by its own machine, because this program did not renew it in time.');
    this.name = 'LeaseExpired';
  }
}

/** Keeps a fault in force while a drill runs: it is renewed every third of its lease. */
export class Lease {
  private readonly injected: InjectedFault;
  private readonly faults: DrillFaults;
  private readonly stopped = new AbortController();
  private readonly ended = new AbortController();
  private readonly renewing: Promise<void>;
  private heldAt = Date.now();

  constructor(injected: InjectedFault, faults: DrillFaults) {
    this.injected = injected;
    this.faults = faults;
    this.renewing = this.keep();
  }

  /** Aborted with `LeaseExpired` once the machine has undone the fault. */
  get expired(): AbortSignal {
    return this.ended.signal;
  }

  /** Renews it once more: nothing counts while the machine may have mended itself. @throws LeaseExpired */
  async proveHeld(): Promise<void> {
    await this.renew();
    this.expired.throwIfAborted();
  }

  async stop(): Promise<void> {
    this.stopped.abort(new Error('the drill ended'));
    await this.renewing;
  }

  private async keep(): Promise<void> {
    try {
      while (!this.expired.aborted) {
        await sleep(this.injected.leaseSeconds / 3, this.stopped.signal);
        await this.renew();
      }
    } catch (error) {
      // The sleep ends like this when the drill ends.
      if (!this.stopped.signal.aborted) throw error;
    }
  }

  private async renew(): Promise<void> {
    const askedAt = Date.now();
    try {
      if ((await this.faults.renew(this.injected)) === 'expired') this.ended.abort(new LeaseExpired());
      else this.heldAt = askedAt;
    } catch {
      // A machine that does not answer for a moment keeps its lease; after a whole length of it, nobody can tell.
      if (Date.now() - this.heldAt >= this.injected.leaseSeconds * 1000) this.ended.abort(new LeaseExpired());
    }
  }
}
