import { build, type Histogram } from 'hdr-histogram-js';
import type { Reading, SampleLine, SummaryLine } from './probe.ts';

/** At least one line in this time, even where nothing changes. */
const quietMilliseconds = 1000;
/** Longest latency that is kept, in microseconds. */
const longest = 60_000_000;

/** What one probe saw over time: a line when it changes, and all latencies in a histogram. */
export class Track {
  readonly probe: string;
  private readonly latencies: Histogram = build({ highestTrackableValue: longest, useWebAssembly: false });
  private readonly write: (line: SampleLine) => void;
  private failed = 0;
  private lastSentAt: number | undefined;
  private shown: string | undefined;
  private shownAt = 0;

  constructor(probe: string, write: (line: SampleLine) => void) {
    this.probe = probe;
    this.write = write;
  }

  /** @param sentAt milliseconds since the epoch. @param ms until the answer. */
  take(sentAt: number, ms: number, { state, says, revision }: Reading): void {
    this.latencies.recordValue(Math.min(longest, Math.max(1, Math.round(ms * 1000))));
    if (state === 'failed') this.failed += 1;
    const gapMs = sentAt - (this.lastSentAt ?? sentAt);
    this.lastSentAt = Math.max(sentAt, this.lastSentAt ?? sentAt);
    const seen = `${state} ${says ?? ''}`;
    if (seen === this.shown && sentAt - this.shownAt < quietMilliseconds) return;
    this.shown = seen;
    this.shownAt = sentAt;
    this.write({
      at: new Date(sentAt).toISOString(),
      type: 'probe',
      probe: this.probe,
      state,
      ...(says === undefined ? {} : { says }),
      ...(revision === undefined ? {} : { revision }),
      ms: Math.round(ms * 10) / 10,
      // An answer that overtook an earlier one has no gap before it.
      gapMs: Math.max(0, gapMs),
    });
  }

  summary(): SummaryLine['probes'][number] {
    const milliseconds = (percentile: number): number => this.latencies.getValueAtPercentile(percentile) / 1000;
    return {
      probe: this.probe,
      samples: this.latencies.totalCount,
      failed: this.failed,
      p50Ms: milliseconds(50),
      p99Ms: milliseconds(99),
      maxMs: this.latencies.maxValue / 1000,
    };
  }
}
