import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SampleLine, SummaryLine } from './probe.ts';
import type { Recording } from './record.ts';

/** Milliseconds that the probes are given to end. */
const patienceMilliseconds = 5000;

/**
 * Starts the probes of a lab in a thread of their own.
 * @throws what opening the lab throws.
 */
export async function startProbes(
  labName: string,
  write: (line: SampleLine | SummaryLine) => void,
): Promise<Recording> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { lab: labName } });
  let last: SummaryLine | undefined;
  const { promise: summary, resolve, reject } = Promise.withResolvers<SummaryLine>();
  // It may end while nobody waits for it.
  summary.catch(() => undefined);
  worker.on('message', (line: SampleLine | SummaryLine | { type: 'ready' }) => {
    if (line.type === 'ready') return;
    write(line);
    if (line.type === 'probes-summary') last = line;
  });
  // What goes wrong in its clean-up takes no summary back.
  worker.on('error', (error) => {
    if (!last) reject(error);
  });
  worker.on('exit', () => {
    if (last) resolve(last);
    else reject(new Error('the probes ended too early'));
  });
  // Rejects with the thread's own error where it ends before.
  await once(worker, 'message');
  return {
    async stop() {
      worker.postMessage('stop');
      const limit = setTimeout(() => void worker.terminate(), patienceMilliseconds);
      return summary.finally(() => {
        clearTimeout(limit);
      });
    },
  };
}
