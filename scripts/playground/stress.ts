import { call, encoded } from './gateway.ts';
import { whomToAsk, type AskOptions } from './keys.ts';
import type { Place } from './place.ts';

/** Writes under way at the same time. */
const writers = 16;
/** Keys that the writes go to, in turn: `stress/0` and so on. */
const keys = 100;
const limitSeconds = 20;

export interface StressResult {
  via: string;
  confirmed: number;
  failed: number;
  seconds: number;
  writesPerSecond: number;
  /** Milliseconds that half, and 99 of 100, of the confirmed writes took at most. */
  medianMilliseconds: number;
  p99Milliseconds: number;
}

/** Writes as fast as one member confirms, at most for 20 s. @throws Interrupted, and what `whomToAsk` throws. */
export async function stress(place: Place, writes: number, options: AskOptions = {}): Promise<StressResult> {
  const machine = await whomToAsk(place, options);
  const startedAt = performance.now();
  const took: number[] = [];
  let next = 0;
  let failed = 0;
  const isOver = () => next >= writes || performance.now() - startedAt > limitSeconds * 1000;
  const write = async (): Promise<void> => {
    while (!isOver()) {
      const number = next;
      next += 1;
      const sentAt = performance.now();
      try {
        const body = { key: encoded(`stress/${number % keys}`), value: encoded(String(number)) };
        await call(machine, '/v3/kv/put', body, { signal: options.signal });
        took.push(performance.now() - sentAt);
      } catch {
        options.signal?.throwIfAborted();
        failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  const seconds = (performance.now() - startedAt) / 1000;
  took.sort((one, other) => one - other);
  const quantile = (share: number): number =>
    tenths(took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0);
  return {
    via: machine.name,
    confirmed: took.length,
    failed,
    seconds: tenths(seconds),
    writesPerSecond: Math.round(took.length / seconds),
    medianMilliseconds: quantile(0.5),
    p99Milliseconds: quantile(0.99),
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
