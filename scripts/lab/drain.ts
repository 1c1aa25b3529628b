import { quoted } from '../system/run.ts';
import { whatHolds } from './budgets.ts';
import type { Lab } from './lab.ts';

/** A node that does not answer never says that its pods have ended: that many seconds after their time they are left. */
const skipSeconds = 10;
/** Seconds that kubectl is given beyond the time of the pods, to end and to say why. */
const graceSeconds = 30;

export interface DrainOptions {
  /** Seconds that the pods are given to go: a budget may let them go one by one only. */
  withinSeconds: number;
  /** Whether pods may be lost: those that no controller replaces, and those of a node that does not answer. */
  mayLose: boolean;
  signal?: AbortSignal | undefined;
  /** Told what holds it up, while it goes on trying. */
  onHeldUp?: ((by: string) => void) | undefined;
}

export type Drained =
  /** `lost`: which pods nothing replaces, in words. */
  | { kind: 'drained'; lost: string | undefined }
  | { kind: 'held-up'; by: string }
  /** `said`: the last line of kubectl. */
  | { kind: 'failed'; said: string };

/**
 * Moves the pods of a node elsewhere, by the eviction API: a PodDisruptionBudget is respected. The node stays cordoned.
 * @throws what `Lab.onHost` throws.
 */
export async function drain(lab: Lab, node: string, options: DrainOptions): Promise<Drained> {
  const { withinSeconds, mayLose, signal, onHeldUp } = options;
  const seen: { by?: string } = {};
  const lookWhatHolds = async (): Promise<void> => {
    const held = await whatHolds(lab, node).catch(() => undefined);
    if (held === undefined) return;
    seen.by = held;
    onHeldUp?.(held);
  };
  const loses = mayLose ? ` --force --skip-wait-for-delete-timeout ${skipSeconds}` : '';
  const words = `kubectl drain ${quoted(node)} --ignore-daemonsets --delete-emptydir-data --timeout ${withinSeconds}s`;
  const result = await lab.onHost(words + loses, {
    signal,
    timeoutSeconds: withinSeconds + graceSeconds,
    onLine: (line) => {
      if (line.includes('will retry after')) void lookWhatHolds();
    },
  });
  if (result.exitCode === 0) return { kind: 'drained', lost: lostPods(result.stderr) };
  if (seen.by === undefined) await lookWhatHolds();
  const { by } = seen;
  return by === undefined ? { kind: 'failed', said: lastLine(result.stderr) } : { kind: 'held-up', by };
}

/** What kubectl warns of, once, before it begins. */
function lostPods(said: string): string | undefined {
  const pods = /deleting Pods that declare no controller: ([^;\n]+)/.exec(said)?.[1];
  return pods === undefined ? undefined : `lost, as nothing replaces them: ${pods}`;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
