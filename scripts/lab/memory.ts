import { FiredrillError } from '../system/errors.ts';
import { readIfThere } from '../system/files.ts';
import type { Layout } from './layout.ts';

/** Megabytes in use by each role of a lab without load (measured). */
const megabytesOf = { etcd: 50, controller: 440, worker: 120 } as const;
/** What pods, load and the kernel want beside that; a boot with twice as much again never waits for memory. */
const reserve = 1.4;
const comfort = 2;

export interface MemoryLook {
  enough: 'yes' | 'barely' | 'no';
  saw: string;
  /** What to do where it is not `yes`. */
  remedy: string;
}

/** Whether so much free memory is enough for a lab's machines. */
export function judgeMemory(freeBytes: number, { size, machines }: Pick<Layout, 'size' | 'machines'>): MemoryLook {
  const used = machines.flatMap(({ roles }) => roles).reduce((sum, role) => sum + megabytesOf[role], 0);
  const needed = used * 1e6 * reserve;
  const saw = `${gigabytes(freeBytes)} free`;
  const smaller = size === 'single' ? '' : ", or boot one machine only: 'npx firedrill lab up --size single'";
  const remedy = `Close some programs${smaller}.`;
  const count = machines.length === 1 ? 'one machine needs' : `${machines.length} machines need`;
  if (freeBytes < needed) return { enough: 'no', saw: `${saw}; ${count} about ${gigabytes(needed)}`, remedy };
  const comfortable = needed * comfort;
  if (freeBytes >= comfortable) return { enough: 'yes', saw, remedy };
  return { enough: 'barely', saw: `${saw}; ${gigabytes(comfortable)} is comfortable`, remedy };
}

/**
 * Refuses a boot for which there is too little memory.
 * @returns a warning where there is barely enough. @throws FiredrillError `memory-short`.
 */
export function requireMemory(freeBytes: number, layout: Layout): string | undefined {
  const { enough, saw, remedy } = judgeMemory(freeBytes, layout);
  if (enough === 'yes') return undefined;
  if (enough === 'barely') return `memory: ${saw}. ${remedy}`;
  throw new FiredrillError(`Too little memory: ${saw}.`, { code: 'memory-short', remedy });
}

/**
 * Bytes that programs could still get; undefined where no kernel of Linux tells, as on macOS, where docker has a computer of
 * its own. Linux counts memory that caches could give back as not free; MemAvailable does not.
 */
export async function availableMemory(): Promise<number | undefined> {
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec((await readIfThere('/proc/meminfo')) ?? '')?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
