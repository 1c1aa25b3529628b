import type { Act, ShownAction } from '../acting.ts';
import type { Lab } from '../lab.ts';
import type { Layout, Machine } from '../layout.ts';
import { grantAccess, revokeTokens } from './access.ts';
import { admit, awaitRequests, whoIsOut } from './admit.ts';
import type { WaitingRequest } from './approval.ts';
import { bootMachines, thoseToBoot } from './boot.ts';
import { keepJoiner, readJoiner } from './joiner.ts';
import { keepAfterAll } from './leave.ts';
import { render } from './remove.ts';
import { tellRoutes } from './routes.ts';
import { joinersOf, namesOf } from './workers.ts';

interface JoinOptions {
  act: Act;
  /** Whether the program approves their requests. */
  approve: boolean;
  signal?: AbortSignal | undefined;
}

interface Joined {
  joined: string[];
  waiting: WaitingRequest[];
}

/**
 * Makes the workers of a layout that are not in yet, and lets them in. What an earlier run has done is left alone.
 * @throws FiredrillError `port-taken`, `vagrant-failed`, `apply-failed`, `waited-in-vain`.
 */
export async function joinThem(lab: Lab, wanted: Layout, { act, approve, signal }: JoinOptions): Promise<Joined> {
  await takeBack(lab, joinersOf(wanted), act, signal);
  const missing = await thoseNotIn(lab, joinersOf(wanted));
  if (missing.length === 0) {
    await act('Every worker is in, and knows the way to the others', async () => {
      await tellRoutes(lab, lab.layout, { signal });
      await revokeTokens(lab, joinersOf(wanted), signal);
    });
    return { joined: [], waiting: [] };
  }
  const names = namesOf(missing);
  await act(`Write what ${names} is told`, async () => {
    for (const { name } of missing) await keepJoiner(lab.folder, name, { approval: approve ? 'program' : 'person' });
    await render(wanted);
  });
  await act(`Give ${names} a token, good for an hour`, () => grantAccess(lab, missing));
  const off = await thoseToBoot(lab, missing);
  await act(`Boot ${names}`, (shown) => bootMachines(lab, off, { signal, shown }));
  const others = wanted.machines.filter((machine) => !off.includes(machine));
  await act('Tell the others the way to its pods', () => tellRoutes(lab, wanted, { machines: others, signal }));
  if (!approve) {
    const title = `${names}: asked for a certificate, which nobody has approved`;
    return { joined: [], waiting: await act(title, () => awaitRequests(lab, missing, { signal })) };
  }
  await act(
    `Look at what is asked for, approve it, and wait until Ready: ${names}`,
    (shown) => letIn(lab, missing, shown, signal),
    inWords,
  );
  return { joined: missing.map(({ name }) => name), waiting: [] };
}

/** @returns how many requests were approved. */
async function letIn(
  lab: Lab,
  machines: readonly Machine[],
  shown: ShownAction,
  signal?: AbortSignal,
): Promise<number> {
  let approved = 0;
  const onApproved = ({ machine, kind }: WaitingRequest): void => {
    approved += 1;
    shown.update(`${machine}: its ${kind} certificate was approved`);
  };
  await admit(lab, machines, { signal, onApproved });
  return approved;
}

const inWords = (approved: number): string => (approved === 1 ? '1 request' : `${approved} requests`);

/** Machines that were told to leave by a run that was not completed, and that shall stay now. */
async function takeBack(lab: Lab, stay: readonly Machine[], act: Act, signal?: AbortSignal): Promise<void> {
  const kept = await Promise.all(stay.map(({ name }) => readJoiner(lab.folder, name)));
  const told = stay.filter((_, index) => kept[index]?.leaves);
  if (told.length > 0) await act(`Keep ${namesOf(told)} after all`, () => keepAfterAll(lab, told, signal));
}

/** New ones, those that do not run, and those that have not joined. */
async function thoseNotIn(lab: Lab, joiners: readonly Machine[]): Promise<Machine[]> {
  const present = joiners.filter(({ name }) => lab.layout.machines.some((machine) => machine.name === name));
  const [off, out] = await Promise.all([thoseToBoot(lab, present), whoIsOut(lab, present)]);
  const missing = new Set([...off, ...out].map(({ name }) => name));
  return joiners.filter((machine) => !present.includes(machine) || missing.has(machine.name));
}
