import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Lab } from '../../scripts/lab/lab.ts';
import { joins } from '../../scripts/lab/layout.ts';
import type { Door } from '../../scripts/stage/door.ts';
import type { Result } from '../../scripts/stage/load/results.ts';
import { waitForAnswer } from '../../scripts/system/wait.ts';

/**
 * Who come at the same time. Each asks again as soon as the answer is there, so that the app is never asked more than it
 * can do: a load that does not care, as the stage's, would bury pods that have a limit, and their probes with them.
 */
const visitors = 64;
/** Requests over one connection. Then a new one, which may end on another pod: else new pods would get nothing to do. */
const requestsEach = 16;
/** That, and what is under way, must be less than an observer is given to hand over what it has (10 s). */
const burstSeconds = 4;
/** Seconds after which what is under way is given up. */
const giveUpSeconds = 1;

/** An answer with 2xx: when it was there, in milliseconds since the epoch, and the pod that gave it. */
export interface Answer {
  at: number;
  pod: string;
}

/** What the app answered while it was asked as often as it could answer. */
export interface Burst {
  answers: readonly Answer[];
  failed: number;
}

export interface Bursts {
  before: Burst;
  after: Burst;
}

/** Measures again when the step was reached. Nothing in between: somebody may take their time. */
export async function measureAgain(lab: Lab, signal: AbortSignal, first: unknown): Promise<Bursts | undefined> {
  if (!signal.aborted) await once(signal, 'abort');
  return first === undefined ? undefined : { before: first as Burst, after: await askFlatOut(lab) };
}

/** Comes in through the workers of the first boot: those doors are the same, however many workers there are. */
export async function askFlatOut(lab: Lab): Promise<Burst> {
  const [{ vegetaPath }, { answeringDoor }, { ResultReader }] = await Promise.all([
    import('../../scripts/bundle/bundle.ts'),
    import('../../scripts/stage/door.ts'),
    import('../../scripts/stage/load/results.ts'),
  ]);
  const workers = lab.machinesWithRole('worker').filter((machine) => !joins(machine));
  const openDoors = async (): Promise<Door[] | undefined> => {
    const found = await Promise.all(workers.map((worker) => answeringDoor(worker)));
    const open = found.filter((door) => door !== undefined);
    return open.length > 0 ? open : undefined;
  };
  const doors = await waitForAnswer(openDoors, { what: 'the app answers', deadlineSeconds: 30 });
  const { targets, options } = crowdAt(doors);
  const child = spawn(await vegetaPath(), ['attack', ...options], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // Nothing of this environment: a proxy that it names is not for these requests.
    env: {},
  });
  const results: Result[] = [];
  const reader = new ResultReader((result) => results.push(result));
  child.stdout.on('data', (chunk: Buffer) => {
    reader.push(chunk);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(targets);
  const enough = setTimeout(() => child.kill('SIGKILL'), (burstSeconds + giveUpSeconds) * 1000);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(enough);
  }
  return burstOf(results);
}

export function burstOf(results: readonly Pick<Result, 'code' | 'sentAt' | 'tookMs' | 'pod'>[]): Burst {
  const good = results.filter(({ code }) => code >= 200 && code <= 299);
  const answers = good.map(({ sentAt, tookMs, pod }) => ({ at: sentAt + tookMs, pod }));
  return { answers: answers.toSorted((one, other) => one.at - other.at), failed: results.length - good.length };
}

/** As `vegeta attack` takes it: each visitor has a host name of its own, because Go keeps the connections of each apart. */
export function crowdAt(doors: readonly Door[]): { targets: string; options: string[] } {
  const names = Array.from({ length: visitors }, (_, index) => {
    const door = doors[index % doors.length];
    return { name: `${door?.machine ?? ''}-crowd-${index}`, address: door?.address ?? '' };
  });
  const rounds = Array.from({ length: requestsEach }, (_, round) =>
    names.map(({ name }, index) => {
      const last = index % requestsEach === round ? 'Connection: close\n\n' : '';
      return `GET http://${name}/\n${last}`;
    }),
  );
  const options = [
    // As often as it is answered, by so many at a time.
    '-rate=0',
    `-workers=${visitors}`,
    `-max-workers=${visitors}`,
    `-duration=${burstSeconds}s`,
    '-timeout=5s',
    '-redirects=-1',
    '-max-body=0',
    '-http2=false',
    '-dns-ttl=-1',
    ...names.flatMap(({ name, address }) => ['-connect-to', `${name}:80:${address}`]),
  ];
  return { targets: rounds.flat().join(''), options };
}
