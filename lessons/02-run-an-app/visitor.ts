import { setTimeout as pause } from 'node:timers/promises';
import { askApp, appPaths } from '../../scripts/checks/app.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

/** Requests a second. */
const rate = 20;
/** Seconds that the visitor waits for an answer: as on the stage. A late one is not lost. */
const patienceSeconds = 5;

/** One request of the visitor. Times are milliseconds since the epoch. */
export interface Visit {
  sentAt: number;
  answeredAt: number;
  ok: boolean;
  /** Version of the guestbook that answered. */
  version?: string;
}

/**
 * A visitor who asks for the page 20 times a second until the step ends, each time over a new connection, through `w1`
 * or another worker. She does not wait for an answer before she asks again, so that a slow app is not asked less.
 */
export async function visit(lab: Lab, signal: AbortSignal, through?: string): Promise<Visit[]> {
  const visits: Visit[] = [];
  const open = new Set<Promise<void>>();
  while (!signal.aborted) {
    const visiting = once(lab, through).then((result) => {
      visits.push(result);
      open.delete(visiting);
    });
    open.add(visiting);
    await pause(1000 / rate, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(open);
  return visits.sort((a, b) => a.sentAt - b.sentAt);
}

async function once(lab: Lab, through: string | undefined): Promise<Visit> {
  const sentAt = Date.now();
  const answer = await askApp(lab, appPaths.page, patienceSeconds, through);
  const ok = answer.status === 200;
  const version = answer.status === undefined ? undefined : answer.version;
  return { sentAt, answeredAt: Date.now(), ok, ...(version === undefined ? {} : { version }) };
}

/** Milliseconds between two visits that tell that she herself stood still, and what runs beside her on this computer. */
const standstillMilliseconds = 500;

/**
 * Why nobody can tell what made visits fail: each of them failed while she, or this computer, stood still, or in the seconds
 * after it, in which news that was late makes requests fail. Any other failure is a real one, and then there is no doubt.
 */
export function doubtOf(visits: readonly Visit[]): { doubt?: string } {
  const standstills = visits.flatMap(({ sentAt: to }, index) => {
    const from = visits[index - 1]?.sentAt ?? to;
    return to - from > standstillMilliseconds ? [{ from, to }] : [];
  });
  const bad = visits.filter(({ ok }) => !ok);
  const inDoubt = ({ sentAt, answeredAt }: Visit): boolean =>
    standstills.some(({ from, to }) => answeredAt >= from && sentAt <= to + patienceSeconds * 1000);
  if (bad.length === 0 || !bad.every(inDoubt)) return {};
  return { doubt: `the visitor herself was held up when they failed, or in the ${patienceSeconds} s before` };
}

/** The visits of a step that observed nothing but them, or them beside other things. @throws where she never came. */
export function visitsIn(observed: unknown): readonly Visit[] {
  const seen = observed as readonly Visit[] | { visits?: readonly Visit[] } | undefined;
  const visits = (seen && 'visits' in seen ? seen.visits : (seen as readonly Visit[] | undefined)) ?? [];
  if (visits.length === 0) throw new Error('the visitor did not come');
  return visits;
}
