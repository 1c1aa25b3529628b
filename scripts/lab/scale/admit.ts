import { waitForAnswer, waitUntil } from '../../system/wait.ts';
import { readyNodes } from '../health.ts';
import { patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { grantAccess, revokeTokens } from './access.ts';
import { approve, expectedOf, lookAtRequests, type WaitingRequest } from './approval.ts';
import { joinersOfAPerson } from './joiner.ts';
import { tellRoutes } from './routes.ts';
import { joinersOf, namesOf } from './workers.ts';

const defaultDeadlineSeconds = 240;
/** A machine waits for each answer. */
const everySeconds = 0.1;

export interface AdmitOptions {
  signal?: AbortSignal | undefined;
  /** Seconds that a machine may take on a slow computer before it is given up. Default 240, as for the first boot. */
  deadlineSeconds?: number;
  onApproved?: ((request: WaitingRequest) => void) | undefined;
}

/** Which of these machines are not in: no Ready node, or a kubelet that cannot show a certificate to the API server yet. */
export async function whoIsOut(lab: Lab, machines: readonly Machine[]): Promise<Machine[]> {
  if (machines.length === 0) return [];
  const ready = await readyNodes(lab, { timeoutSeconds: patientSeconds });
  const looks = await Promise.all(machines.map(async ({ name }) => ready.includes(name) && kubeletAnswers(lab, name)));
  return machines.filter((_, index) => !looks[index]);
}

/** Without a serving certificate there are no logs, no exec and no port-forward: the API server gets no answer. */
const kubeletAnswers = (lab: Lab, node: string): Promise<boolean> =>
  lab.kubernetes.get(`/api/v1/nodes/${node}/proxy/configz`).then(
    () => true,
    () => false,
  );

/**
 * Approves what these machines ask for, and nothing else, until each of them is in. Their tokens end with it.
 * @throws FiredrillError `waited-in-vain`, with what was wrong about a request that was not approved.
 */
export async function admit(lab: Lab, machines: readonly Machine[], options: AdmitOptions = {}): Promise<void> {
  const { signal, deadlineSeconds = defaultDeadlineSeconds } = options;
  const expected = await expectedOf(lab, machines);
  let saw = '';
  await waitUntil(
    async () => {
      const { waiting, refused } = await lookAtRequests(lab, expected);
      for (const { request, ...found } of waiting) {
        await approve(lab, request, signal);
        options.onApproved?.(found);
      }
      const out = await whoIsOut(lab, machines);
      saw = refused[0] ?? `${namesOf(out)} ${out.length === 1 ? 'is' : 'are'} not in`;
      return out.length === 0;
    },
    { what: `${namesOf(machines)} joined`, deadlineSeconds, everySeconds, signal, saw: () => saw },
  );
  await revokeTokens(lab, machines, signal);
}

/** Waits until each machine that is not in has asked for a certificate. @returns these requests, for a person to approve. */
export async function awaitRequests(
  lab: Lab,
  machines: readonly Machine[],
  options: AdmitOptions = {},
): Promise<WaitingRequest[]> {
  const { signal, deadlineSeconds = defaultDeadlineSeconds } = options;
  const expected = await expectedOf(lab, machines);
  let found: WaitingRequest[] = [];
  let saw = '';
  await waitUntil(
    async () => {
      const { waiting, refused } = await lookAtRequests(lab, expected);
      found = waiting.map(({ name, machine, kind }) => ({ name, machine, kind }));
      saw = refused[0] ?? 'no request';
      const silent = machines.filter(({ name }) => !found.some(({ machine }) => machine === name));
      return (await whoIsOut(lab, silent)).length === 0;
    },
    {
      what: `${namesOf(machines)} asked for a certificate`,
      deadlineSeconds,
      everySeconds,
      signal,
      saw: () => saw,
    },
  );
  return found;
}

/**
 * Lets in whatever joiner of a lab is not in, after its machines have been started: one that was made anew has lost its
 * certificates. Those that a person lets in get their token only.
 */
export async function completeJoins(lab: Lab, options: AdmitOptions = {}): Promise<void> {
  const joiners = joinersOf(lab.layout);
  if (joiners.length === 0) return;
  const { signal } = options;
  const out = await waitForAnswer(() => whoIsOut(lab, joiners), {
    what: 'the API server tells which nodes there are',
    deadlineSeconds: 60,
    signal,
  });
  if (out.length > 0) await grantAccess(lab, out);
  const ofAPerson = await joinersOfAPerson(lab);
  const ours = out.filter(({ name }) => !ofAPerson.includes(name));
  await Promise.all([tellRoutes(lab, lab.layout, { signal }), ours.length > 0 ? admit(lab, ours, options) : undefined]);
}
