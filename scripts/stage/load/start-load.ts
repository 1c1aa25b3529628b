import { Worker } from 'node:worker_threads';
import type { Door } from '../door.ts';
import type { LoadCommand, LoadNews, LoadOrder } from './messages.ts';

/** The load, running in a thread of its own, with generators that are processes of their own. */
export interface Load {
  /** Sends visitors through these doors from now on, and through no other. */
  setDoors(doors: readonly Door[]): void;
  /** Ends all generators; requests that are under way may end for so many seconds. Safe to call twice. */
  stop(patienceSeconds: number): Promise<void>;
}

export type StartLoad = (order: LoadOrder, take: (news: LoadNews) => void) => Load;

/** Starts it. No request goes out before it is told of doors. `stop` rejects with what ended the thread too early. */
export const startLoad: StartLoad = (order, take) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: order });
  const { promise: ended, resolve, reject } = Promise.withResolvers<undefined>();
  // It may end while nobody waits for it.
  ended.catch(() => undefined);
  worker.on('message', (news: LoadNews) => {
    take(news);
    if (news.type === 'stopped') resolve(undefined);
  });
  worker.on('error', (error: Error) => {
    take({ type: 'trouble', says: error.message });
    reject(error);
  });
  worker.on('exit', () => {
    reject(new Error('the counting of requests ended too early'));
  });
  const tell = (command: LoadCommand): void => {
    worker.postMessage(command);
  };
  return {
    setDoors: (doors) => {
      tell({ type: 'doors', doors });
    },
    async stop(patienceSeconds) {
      tell({ type: 'stop', patienceSeconds });
      await ended;
    },
  };
};
