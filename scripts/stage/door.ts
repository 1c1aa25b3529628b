import { get } from 'node:http';
import { appNodePort, type Machine } from '../lab/layout.ts';

/** Where visitors come in: the app's NodePort on a worker. */
export interface Door {
  machine: string;
  /** `host:port`, as this computer reaches it. */
  address: string;
}

/** Seconds within which an address must answer, or the next one is tried. */
const limitSeconds = 1;

/**
 * The door of a worker, at the first of its addresses where the app answers: the machine's own where this computer
 * reaches it (Linux), else the port that is published for it, which costs more, as it goes through docker's proxy.
 * Undefined where the app answers at neither. Never throws.
 */
export async function answeringDoor(worker: Machine, signal?: AbortSignal): Promise<Door | undefined> {
  for (const address of [`${worker.address}:${appNodePort}`, publishedAddress(worker)]) {
    if (await answers(address, signal)) return { machine: worker.name, address };
  }
  return undefined;
}

export const publishedAddress = (worker: Machine): string => `127.0.0.1:${worker.publishedPorts[appNodePort] ?? 0}`;

/** Whether anything speaks HTTP there, over a connection of its own. An error page is an answer too: it is the app's. */
const answers = (address: string, signal?: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const limit = AbortSignal.timeout(limitSeconds * 1000);
    const asked = get(
      `http://${address}/`,
      { agent: false, signal: signal ? AbortSignal.any([signal, limit]) : limit },
      (answer) => {
        answer.destroy();
        resolve(true);
      },
    );
    asked.on('error', () => {
      resolve(false);
    });
  });
