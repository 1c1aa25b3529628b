import { messageOf } from '../system/errors.ts';
import type { Probe, Reading, SampleLine, SummaryLine } from './probe.ts';
import { Track } from './track.ts';

/** Ten times a second. */
const everyMilliseconds = 100;
/** Questions of one probe that may wait for their answers at once: a silent API server is still asked ten times a second. */
const mostOpen = 12;

/**
 * Hands over readings as they come, at a pace of its own. Ends when the signal aborts. Never throws. It tells what its own
 * processes have spent so far, each by a name of its own: seconds of CPU time.
 */
export type Stream = (
  take: (sentAt: number, ms: number, reading: Reading) => void,
  signal: AbortSignal,
  spent: (process: string, cpuSeconds: number) => void,
) => Promise<void>;

export interface Recording {
  /** Writes the summary, ends the probes and returns it. Safe to call twice. */
  stop(): Promise<SummaryLine>;
}

/** Asks all probes ten times a second, whether or not earlier answers have come, until it is stopped. */
export function startRecording(
  probes: readonly Probe[],
  streams: readonly Stream[],
  write: (line: SampleLine | SummaryLine) => void,
): Recording {
  const tracks = new Map<string, Track>();
  const over = new AbortController();
  const open = new Map<Probe, number>();
  const pending = new Set<Promise<void>>();
  const spent = new Map<string, number>();
  const startedAt = performance.now();
  const cpuBefore = process.threadCpuUsage();

  const take = (sentAt: number, ms: number, reading: Reading): void => {
    if (over.signal.aborted) return;
    const track = tracks.get(reading.probe) ?? new Track(reading.probe, write);
    tracks.set(reading.probe, track);
    track.take(sentAt, ms, reading);
  };
  const askOnce = async (probe: Probe): Promise<void> => {
    const sentAt = Date.now();
    const began = performance.now();
    const readings = await probe.ask().catch((error: unknown) =>
      probe.names.map((name): Reading => ({
        probe: name,
        state: 'failed',
        says: messageOf(error).split('\n')[0] ?? '',
      })),
    );
    for (const reading of readings) take(sentAt, performance.now() - began, reading);
  };
  const tick = (): void => {
    for (const probe of probes) {
      const waiting = open.get(probe) ?? 0;
      if (waiting >= mostOpen) continue;
      open.set(probe, waiting + 1);
      const asking = askOnce(probe).finally(() => {
        open.set(probe, (open.get(probe) ?? 1) - 1);
        pending.delete(asking);
      });
      pending.add(asking);
    }
  };
  const timer = setInterval(tick, everyMilliseconds);
  const streaming = streams.map((stream) =>
    stream(take, over.signal, (process, cpuSeconds) => {
      spent.set(process, cpuSeconds);
    }),
  );
  tick();

  const stop = async (): Promise<SummaryLine> => {
    clearInterval(timer);
    over.abort(new Error('the recording ended'));
    const cpu = process.threadCpuUsage(cpuBefore);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuSeconds = [...spent.values()].reduce((sum, each) => sum + each, (cpu.user + cpu.system) / 1e6);
    const summary: SummaryLine = {
      at: new Date().toISOString(),
      type: 'probes-summary',
      seconds: Math.round(seconds * 10) / 10,
      probes: [...tracks.values()].map((track) => track.summary()),
      cores: Math.round((cpuSeconds / seconds) * 1000) / 1000,
    };
    // Before what may take long: nothing that comes now counts.
    write(summary);
    await Promise.all([...pending, ...streaming]);
    await Promise.all(probes.map(async (probe) => probe.end?.()));
    return summary;
  };
  let stopped: Promise<SummaryLine> | undefined;
  return { stop: () => (stopped ??= stop()) };
}
