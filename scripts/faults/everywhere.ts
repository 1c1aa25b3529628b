import type { Lab, OnMachineOptions } from '../lab/lab.ts';
import type { CommandResult } from '../system/run.ts';

/** What a machine answered. */
export interface Answer extends CommandResult {
  machine: string;
}

/**
 * Runs a script on several machines at once. All are told, also where one of them does not answer.
 * @throws what `Lab.on` throws, after the others have answered.
 */
export async function onEach(
  lab: Pick<Lab, 'on'>,
  machines: readonly string[],
  scriptFor: (machine: string) => string,
  options: OnMachineOptions = {},
): Promise<Answer[]> {
  const told = machines.map(async (machine) => ({ machine, ...(await lab.on(machine, scriptFor(machine), options)) }));
  const settled = await Promise.allSettled(told);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason as Error;
    return one.value;
  });
}

/** The first that failed. */
export const failedIn = (answers: readonly Answer[]): Answer | undefined =>
  answers.find(({ exitCode }) => exitCode !== 0);
