import { parentPort, workerData } from 'node:worker_threads';
import type { LoadCommand, LoadNews, LoadOrder } from './messages.ts';
import { Succession } from './succession.ts';
import { Tally } from './tally.ts';

// What start-load.ts runs in a thread of its own: a busy page or terminal does not delay the counting.
const everyMilliseconds = 500;
const { program, rate } = workerData as LoadOrder;
const tell = (news: LoadNews): void => {
  parentPort?.postMessage(news);
};
const tally = new Tally();
const onTrouble = (says: string): void => {
  tell({ type: 'trouble', says });
};
const succession = new Succession({ program, rate, tally, onTrouble });
const report = (): void => {
  const now = Date.now();
  tell({ type: 'seconds', seconds: tally.read(now), recent: tally.recent(now) });
};
const timer = setInterval(report, everyMilliseconds);

parentPort?.on('message', (command: LoadCommand) => {
  if (command.type === 'doors') succession.setDoors(command.doors);
  else void stop(command.patienceSeconds);
});

async function stop(patienceSeconds: number): Promise<void> {
  const cutShort = await succession.stop(patienceSeconds);
  clearInterval(timer);
  tell({ type: 'seconds', seconds: tally.close(cutShort), recent: tally.recent(Date.now()) });
  tell({ type: 'stopped' });
  // The port is all that keeps this thread alive.
  parentPort?.close();
}
