/**
 * For tests only: `FIREDRILL_DIE_AT` kills this process with SIGKILL at a named point, as a crash would, so that a test
 * can prove that the lab comes back from it. Inside a point that starts with `mid-`, the process dies
 * `FIREDRILL_DIE_AFTER_MS` milliseconds (default 15) after the machine was told what to do, and at the latest when the
 * machine has done it.
 */
export const deathPoints = ['before-journal', 'after-journal', 'mid-injection', 'injected', 'mid-undo'] as const;
export type DeathPoint = (typeof deathPoints)[number];

const die = () => process.kill(process.pid, 'SIGKILL');
const isDueAt = (point: DeathPoint): boolean => process.env['FIREDRILL_DIE_AT'] === point;

export function dieAt(point: DeathPoint): void {
  if (isDueAt(point)) die();
}

export async function dieDuring<T>(point: DeathPoint, work: () => Promise<T>): Promise<T> {
  if (!isDueAt(point)) return work();
  setTimeout(die, Number(process.env['FIREDRILL_DIE_AFTER_MS'] ?? 15));
  try {
    return await work();
  } finally {
    // A machine that was quicker: what it did is not journaled yet.
    die();
  }
}
