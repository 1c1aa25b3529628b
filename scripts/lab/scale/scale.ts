import { withLabLock } from '../lab-lock.ts';
import { FiredrillError } from '../../system/errors.ts';
import { comesTrue } from '../../system/wait.ts';
import { acting, type ActionReporter } from '../acting.ts';
import type { Lab } from '../lab.ts';
import { hasRole, joins } from '../layout.ts';
import { openLab } from '../open.ts';
import type { WaitingRequest } from './approval.ts';
import { thoseThatDoNotRun } from '../docker.ts';
import { joinThem } from './join.ts';
import { leaveOneByOne } from './leave.ts';
import { joinersOf, requireScalable, withWorkers } from './workers.ts';

export interface ScaleOptions {
  /** Name of the lab. */
  name: string;
  /** How many workers it shall have, 2 to 9. */
  workers: number;
  /** Whether the program approves the certificate requests of new machines; else a person does. Default: it does. */
  approve?: boolean | undefined;
  signal?: AbortSignal | undefined;
  reporter: ActionReporter;
}

export interface ScaleResult {
  workers: string[];
  joined: string[];
  left: string[];
  /** What a person must approve for a machine to come in. */
  waiting: WaitingRequest[];
}

/**
 * Gives a running lab so many workers: more join by TLS bootstrap, the highest numbers leave. May be run again at any
 * time, also where a run was killed: it looks at what there is, and does the rest.
 * @throws FiredrillError `lab-missing`, `cannot-scale`, `bad-worker-count`, `lab-not-up`, `drain-held-up`, `port-taken`,
 *   `vagrant-failed`, `waited-in-vain`; Interrupted.
 */
export async function scaleLab(options: ScaleOptions): Promise<ScaleResult> {
  const { name, workers, signal, reporter } = options;
  requireScalable((await openLab(name)).layout, workers);
  return withLabLock(name, { signal, reporter }, async () => {
    const lab = await openLab(name);
    const act = acting(reporter, signal);
    await act('Look at the lab', () => requireUp(lab, signal));
    const wanted = withWorkers(lab.layout, workers);
    const leaving = joinersOf(lab.layout).filter((one) => !wanted.machines.some((kept) => kept.name === one.name));
    await leaveOneByOne(lab, leaving.reverse(), { act, signal });
    const { joined, waiting } = await joinThem(lab, wanted, { act, signal, approve: options.approve ?? true });
    return {
      workers: lab.layout.machines.filter((machine) => hasRole(machine, 'worker')).map((machine) => machine.name),
      joined,
      left: leaving.map((machine) => machine.name),
      waiting,
    };
  });
}

/** Seconds that an API server is given which says for a moment that it is not ready. */
const soonSeconds = 10;

const answersSoon = (lab: Lab, signal?: AbortSignal): Promise<boolean> =>
  comesTrue(() => lab.kubernetes.ready(3), { what: 'the API server answers', deadlineSeconds: soonSeconds, signal });

/** Before anything is changed: machines that never leave run, and the API server answers. */
async function requireUp(lab: Lab, signal?: AbortSignal): Promise<void> {
  const { provider, machines } = lab.layout;
  const stay = machines.filter((machine) => !joins(machine));
  const off = provider === 'docker' ? await thoseThatDoNotRun(lab.layout.name, stay) : [];
  signal?.throwIfAborted();
  const why =
    off.length > 0
      ? `${off.map(({ name }) => name).join(', ')} ${off.length === 1 ? 'does' : 'do'} not run`
      : (await answersSoon(lab, signal))
        ? undefined
        : 'its API server does not answer';
  if (why === undefined) return;
  throw new FiredrillError(`The lab '${lab.layout.name}' is not up: ${why}.`, {
    code: 'lab-not-up',
    remedy: "Run 'npx firedrill lab up' first: workers join and leave while the lab runs.",
  });
}
